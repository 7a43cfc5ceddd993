//! Hierarchies of subgoals: runs that are resumed go on bit for bit in every stage, agents notice that the world has
//! changed, values start from a policy, and a small team learns.

use std::sync::atomic::AtomicBool;

use pentathlon_agents::gmah::{GmahConfig, GmahProgress, GmahTrainer, Stage, Surprise, SurpriseConfig};
use pentathlon_agents::options::{Aftermath, End, Outcome, ProcessShape, Scene};
use pentathlon_agents::qmix::{Batch, Episode, Learner, LearnerConfig, Optimiser};
use pentathlon_agents::random::{Purpose, stream};
use pentathlon_gym::seeding::{Random, philox::Philox};
use pentathlon_gym::{BuildOptions, Error, Observation, VectorEnv};

fn make(id: &str, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
    pentathlon_envs::registry().make(id, options)
}

/// A hierarchy of two agents with small networks and short stages.
fn small(changes: &[&str]) -> GmahConfig {
    let text = r#"
        threads = 1
        [environment]
        id = "MultiGrid-TrashGrid-6x6-v2"
        num_envs = 8
        observations = ["vector", "state", "action_mask"]
        options = { drop_cost = 1.0 }
        [network]
        hidden = [16]
        [network.parts]
        vector = [{ numbers = 22, scale = 0.2 }]
        [hierarchy]
        budget = 12
        [surprise]
        least_seen = 20
        threshold = 1.0
        [low]
        frames = 512
        relabel = true
        [low.ppo]
        rollout_steps = 16
        minibatches = 4
        [high]
        frames = 512
        [high.ppo]
        rollout_steps = 16
        minibatches = 2
        [mixing]
        frames = 1024
        warm_start_episodes = 4
        warm_start_updates = 2
        [mixing.learner]
        hidden = 8
        batch_episodes = 4
        replay_episodes = 16
        [evaluation]
        episodes = 8
    "#;
    GmahConfig::read("", text, changes).unwrap()
}

/// One update. Time passes differently: progress is compared without it.
fn update(trainer: &mut GmahTrainer) -> GmahProgress {
    let progress = trainer.train_update().unwrap();
    GmahProgress { seconds: 0.0, ..progress }
}

/// All updates of a run up to its end.
fn updates(trainer: &mut GmahTrainer) -> Vec<GmahProgress> {
    let mut told = Vec::new();
    while trainer.stage() != Stage::Done {
        told.push(update(trainer));
    }
    told
}

/// Updates of the third stage in which the policy still chose for the values, and those in which they did.
fn cold_and_warm(told: &[GmahProgress]) -> [Vec<&GmahProgress>; 2] {
    let mixing = told.iter().filter(|progress| progress.stage == Stage::Mixing);
    let (warm, cold) = mixing.partition(|progress| progress.epsilon.is_some());
    [cold, warm]
}

/// A third stage whose first half passes until episodes of 40 steps have ended for the values to start from.
const LONG_WAIT: [&str; 4] = [
    "environment.max_episode_steps=40",
    "mixing.frames=3072",
    "mixing.warm_start_episodes=16",
    "mixing.exploration.frames=1024",
];

/// While values wait for episodes to start from, agents are in the middle of subgoals that they go on with.
#[test]
fn a_run_that_is_resumed_while_its_values_are_cold_ends_alike() {
    let folder = tempfile::tempdir().unwrap();
    let mut whole = GmahTrainer::new(small(&LONG_WAIT), &make).unwrap();
    let mut told = Vec::new();
    let mut kept = Vec::new();
    while whole.stage() != Stage::Done {
        if whole.stage() == Stage::Mixing && kept.len() < 4 {
            let path = folder.path().join(told.len().to_string());
            whole.save(&path).unwrap();
            kept.push((path, told.len()));
        }
        told.push(update(&mut whole));
    }
    let [cold, warm] = cold_and_warm(&told);
    assert!(cold.len() >= 3 && warm.len() >= 4, "{} {}", cold.len(), warm.len());
    for (path, from) in kept {
        let mut resumed = GmahTrainer::resume(&path, &make).unwrap();
        assert_eq!(updates(&mut resumed), told[from..], "from update {from} on");
        assert_eq!(resumed.evaluate(&make).unwrap(), whole.evaluate(&make).unwrap());
    }
}

#[test]
fn chance_falls_from_the_first_choice_of_the_values_on() {
    let told = updates(&mut GmahTrainer::new(small(&LONG_WAIT), &make).unwrap());
    let [cold, warm] = cold_and_warm(&told);
    // A cold update has 128 frames: counted from the first one, chance would have fallen much further.
    assert!(cold.len() >= 3 && cold.iter().all(|progress| progress.epsilon.is_none()));
    let epsilons: Vec<f64> = warm.iter().filter_map(|progress| progress.epsilon).collect();
    assert!(epsilons[0] > 0.2 - 0.15 * 128.0 / 1024.0, "{epsilons:?}");
    assert!(epsilons.is_sorted_by(|first, second| first >= second), "{epsilons:?}");
    assert!((epsilons[epsilons.len() - 1] - 0.05).abs() < 1e-9, "{epsilons:?}");
}

/// Values start from whole episodes, however many suffixes of choices there are beside them.
#[test]
fn suffixes_do_not_count_as_episodes() {
    let told = |suffixes: &str| {
        let changes = [&LONG_WAIT[..], &["mixing.learner.recurrent=false", suffixes]].concat();
        updates(&mut GmahTrainer::new(small(&changes), &make).unwrap())
    };
    let (without, with) = (told("mixing.suffixes=0"), told("mixing.suffixes=3"));
    let [[cold, ours], [others, theirs]] = [&without, &with].map(|told| cold_and_warm(told));
    assert_eq!(cold, others);
    // The start is the same; then values learn from suffixes too.
    assert_eq!(ours[0].frames, theirs[0].frames);
    assert_ne!(ours[ours.len() - 1].loss, theirs[theirs.len() - 1].loss);
}

/// In two steps of eight environments few subgoals end: their decisions wait until there are enough to learn from.
#[test]
fn decisions_that_are_too_few_for_an_update_are_kept_for_the_next() {
    let config = small(&[
        "environment.max_episode_steps=40",
        "hierarchy.adaptive=false",
        "high.ppo.rollout_steps=2",
        "high.ppo.minibatches=8",
        "mixing.frames=0",
    ]);
    let (agents, budget) = (2 * config.environment.num_envs, config.hierarchy.budget as usize);
    let steps = config.high.frames as usize * 2;
    let least = config.high.ppo.minibatches * config.high.ppo.shards;
    let told = updates(&mut GmahTrainer::new(config, &make).unwrap());
    let counts: Vec<usize> = told
        .iter()
        .filter(|progress| progress.stage == Stage::High)
        .map(|progress| progress.decisions)
        .collect();
    assert!(counts.contains(&0), "{counts:?}");
    assert!(counts.iter().all(|&count| count == 0 || count >= least), "{counts:?}");
    // None was lost: so many there are even if each took the whole budget, but for those under way and those waiting.
    assert!(counts.iter().sum::<usize>() + agents + least >= steps / budget, "{counts:?}");
}

/// What is not greedy draws some subgoals at random, as at the end of training.
#[test]
fn mixed_values_are_judged_greedily_or_as_they_were_trained() {
    let judge = |changes: &[&str]| {
        let short = ["environment.max_episode_steps=40", "evaluation.episodes=128"];
        let config = small(&[&short[..], &["mixing.exploration.last=0.5"], changes].concat());
        let mut trainer = GmahTrainer::new(config, &make).unwrap();
        updates(&mut trainer);
        [true, false].map(|greedy| trainer.evaluate_as(greedy, &make).unwrap())
    };
    let [greedy, sampled] = judge(&[]);
    assert_ne!(greedy, sampled);
    // Where chance has gone both are the same.
    let [greedy, sampled] = judge(&["mixing.exploration.last=0.0"]);
    assert_eq!(greedy, sampled);
}

#[test]
fn a_run_that_is_resumed_goes_on_bit_for_bit_in_every_stage() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let config = small(&[
        "seed=3",
        "environment.max_episode_steps=40",
        "mixing.suffixes=1",
        "mixing.learner.recurrent=false",
    ]);
    let mut whole = GmahTrainer::new(config, &make).unwrap();
    let mut stages = Vec::new();
    while whole.stage() != Stage::Done {
        stages.push(whole.stage());
        whole.save(&kept).unwrap();
        let mut resumed = GmahTrainer::resume(&kept, &make).unwrap();
        let (ours, theirs) = (update(&mut whole), update(&mut resumed));
        assert_eq!(ours, theirs, "at {} frames", ours.frames);
    }
    assert!([Stage::Low, Stage::High, Stage::Mixing].iter().all(|stage| stages.contains(stage)));
    let judged = whole.evaluate(&make).unwrap();
    whole.save(&kept).unwrap();
    assert_eq!(GmahTrainer::resume(&kept, &make).unwrap().evaluate(&make).unwrap(), judged);
}

#[test]
fn second_stages_begin_with_a_low_level_that_is_there() {
    let config = || small(&["mixing.frames=0"]);
    let mut first = GmahTrainer::new(config(), &make).unwrap();
    let untrained = first.evaluate(&make).unwrap();
    while first.stage() == Stage::Low {
        first.train_update().unwrap();
    }
    let trained = first.low_level().unwrap();
    let mut second = GmahTrainer::with_low_level(config(), &trained, &make).unwrap();
    assert_eq!((second.stage(), second.frames()), (Stage::High, first.frames()));
    // The policies over subgoals are untrained in both: they act alike, and not as before the low level was trained.
    let judged = second.evaluate(&make).unwrap();
    assert_eq!(judged, first.evaluate(&make).unwrap());
    assert_ne!(judged, untrained);
    // Without what notices change it begins too, and counts its frames from there on.
    let calm = small(&["mixing.frames=0", "hierarchy.adaptive=false"]);
    let mut calm = GmahTrainer::with_low_level(calm, &trained, &make).unwrap();
    for run in [&mut second, &mut calm] {
        while run.stage() != Stage::Done {
            run.train_update().unwrap();
        }
        assert_eq!(run.frames(), first.frames() + 512);
    }
    let other = GmahTrainer::with_low_level(small(&["network.hidden=[8]"]), &trained, &make);
    let error = other.err().expect("networks of another shape").to_string();
    assert!(error.contains("MultiGrid-TrashGrid-6x6-v2"), "{error}");
}

#[test]
fn checkpoints_that_are_damaged_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.checkpoint");
    GmahTrainer::new(small(&[]), &make).unwrap().save(&path).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let error = GmahTrainer::resume(&path, &make).err().unwrap().to_string();
    assert!(error.contains("checksum"), "{error}");
    let error = GmahTrainer::new(small(&["environment.id=\"MiniGrid-Empty-5x5-v0\""]), &make);
    assert!(error.is_err());
}

#[test]
fn a_small_team_learns_to_clear_the_grid() {
    let config = small(&[
        "hierarchy.adaptive=false",
        "environment.num_envs=32",
        "network.hidden=[64, 64]",
        "hierarchy.budget=24",
        "low.frames=240_000",
        "low.ppo.rollout_steps=64",
        "high.frames=60_000",
        "high.greedy_low_level=false",
        "high.ppo.rollout_steps=32",
        "mixing.frames=0",
        "evaluation.episodes=64",
    ]);
    let mut trainer = GmahTrainer::new(config, &make).unwrap();
    let untrained = trainer.evaluate(&make).unwrap().evaluation.success_rate;
    assert!(trainer.run(None, &mut |_| {}, &AtomicBool::new(false)).unwrap());
    let trained = trainer.evaluate(&make).unwrap().evaluation.success_rate;
    assert!(untrained < 0.2 && trained > 0.7, "{untrained} {trained}");
}

/// Cells of a side of the room in which an agent walks to a goal.
const SIDE: i32 = 9;
/// Numbers that it observes: its own row and column and the goal's, as shares of the side.
const NUMBERS: usize = 4;

/// An agent on its way to the goal, in a room that it sees as a whole.
#[derive(Clone, Copy)]
struct Walk {
    at: (i32, i32),
    goal: (i32, i32),
    age: u32,
    /// Whether the episode ends with it, as where nothing is left to do; else only the subgoal.
    ends_episode: bool,
    /// Step at which the goal moves, if it does.
    change: Option<u32>,
}

impl Walk {
    fn new(share: f64, random: &mut Philox) -> Self {
        let mut cell = || (random.int(0, SIDE), random.int(0, SIDE));
        loop {
            let (at, goal) = (cell(), cell());
            if (at.0 - goal.0).abs() + (at.1 - goal.1).abs() >= 8 {
                let change = (random.float() < share).then(|| random.int(5, 7) as u32);
                return Self { at, goal, age: 0, ends_episode: random.float() < 0.5, change };
            }
        }
    }

    /// Moves along rows first; returns whether the goal is reached.
    fn step(&mut self, random: &mut Philox) -> bool {
        self.age += 1;
        if self.change == Some(self.age) {
            let before = self.goal;
            while (self.goal.0 - before.0).abs() + (self.goal.1 - before.1).abs() < 3 || self.goal == self.at
            {
                self.goal = (random.int(0, SIDE), random.int(0, SIDE));
            }
        }
        let (rows, columns) = (self.goal.0 - self.at.0, self.goal.1 - self.at.1);
        if rows != 0 {
            self.at.0 += rows.signum();
        } else {
            self.at.1 += columns.signum();
        }
        self.at == self.goal
    }

    fn observe(&self, numbers: &mut [f32]) {
        let cells = [self.at.0, self.at.1, self.goal.0, self.goal.1];
        numbers.iter_mut().zip(cells).for_each(|(number, cell)| *number = cell as f32 / SIDE as f32);
    }
}

/// Lets agents walk `steps` steps, the goals of a `share` of new walks moving; tells of every walk that ended at what
/// ages a change was noticed.
fn walk(
    surprise: &mut Surprise,
    walks: &mut [Walk],
    share: f64,
    steps: usize,
    random: &mut Philox,
) -> Vec<(Walk, Vec<u32>)> {
    let agents = walks.len();
    let shape =
        ProcessShape { num_envs: agents, num_agents: 1, choices: 1, observation: NUMBERS, state: NUMBERS };
    let (observation, available) = (Observation { fields: Vec::new() }, vec![1; agents]);
    let (current, rewards) = (vec![0; agents], vec![0.0; agents]);
    let mut noticed = vec![Vec::new(); agents];
    let mut over = Vec::new();
    let (mut features, mut last) = (vec![0.0; agents * NUMBERS], vec![0.0; agents * NUMBERS]);
    let observe = |walks: &[Walk], features: &mut [f32]| {
        walks.iter().zip(features.chunks_exact_mut(NUMBERS)).for_each(|(walk, row)| walk.observe(row));
    };
    observe(walks, &mut features);
    for _ in 0..steps {
        surprise.expect(&features, &current);
        let end_of = |walk: &Walk| if walk.ends_episode { End::Episode } else { End::Terminated };
        let ends: Vec<Option<End>> =
            walks.iter_mut().map(|walk| walk.step(random).then(|| end_of(walk))).collect();
        let walked = walks.to_vec();
        observe(&walked, &mut last);
        // After an episode agents see the next one's beginning.
        for (walk, _) in walks.iter_mut().zip(&ends).filter(|(_, end)| **end == Some(End::Episode)) {
            *walk = Walk::new(share, random);
        }
        observe(walks, &mut features);
        let ages: Vec<u32> = walks.iter().map(|walk| walk.age).collect();
        let events: Vec<i32> = ends.iter().map(|end| if end.is_some() { 0 } else { -1 }).collect();
        let outcomes: Vec<Outcome> = ends
            .iter()
            .map(|end| *end == Some(End::Episode))
            .map(|ended| Outcome { reward: 0.0, discount: 0.99, terminated: ended, ended })
            .collect();
        let scene = Scene {
            shape,
            observation: &observation,
            features: &features,
            available: &available,
            ages: &ages,
            events: &events,
        };
        let aftermath = Aftermath {
            scene,
            last: None,
            last_features: &last,
            current: &current,
            rewards: &rewards,
            outcomes: &outcomes,
            ends: &ends,
        };
        surprise.perceive(&aftermath);
        for (place, noticed) in noticed.iter_mut().enumerate() {
            if ends[place].is_none() && surprise.noticed(place, 0, ages[place]) {
                noticed.push(ages[place]);
            }
        }
        surprise.settle(&aftermath);
        for (place, end) in ends.iter().enumerate() {
            if end.is_some() {
                over.push((walked[place], std::mem::take(&mut noticed[place])));
            }
            if *end == Some(End::Terminated) {
                walks[place] = Walk::new(share, random);
            }
        }
        observe(walks, &mut features);
        // New walks are not where the last ones ended.
        surprise.forget();
    }
    over
}

/// The mechanism's own acceptance, with the default settings: when the goal moves, at least 80 % of agents choose anew
/// within 6 steps, and without a change fewer than 5 % do. One walk in eight has a change: what is usual is learned
/// from all steps, surprising ones included. Half of the walks end with the episode, the others with the subgoal alone.
#[test]
fn agents_notice_that_their_goal_has_moved_and_little_else() {
    let mut surprise = Surprise::new(&SurpriseConfig::default(), NUMBERS, 1, 5);
    let mut random = stream(9, Purpose::Evaluation);
    let mut walks: Vec<Walk> = (0..32).map(|_| Walk::new(0.0, &mut random)).collect();
    for _ in 0..150 {
        walk(&mut surprise, &mut walks, 0.0, 64, &mut random);
        surprise.train();
    }
    surprise.learns = false;
    let over = walk(&mut surprise, &mut walks, 0.125, 3000, &mut random);
    // Walks that ended before their goal was to move are no test of it.
    let moved: Vec<_> = over.iter().filter(|(walk, _)| walk.change.is_some_and(|at| walk.age > at)).collect();
    let still: Vec<_> = over.iter().filter(|(walk, _)| walk.change.is_none()).collect();
    let share = |walks: &[&(Walk, Vec<u32>)], is_noticed: fn(&(Walk, Vec<u32>)) -> bool| {
        walks.iter().filter(|walk| is_noticed(walk)).count() as f64 / walks.len() as f64
    };
    let seen = share(&moved, |(walk, noticed)| {
        let at = walk.change.unwrap_or_default();
        noticed.iter().any(|age| (at..at + 6).contains(age))
    });
    let alarms = share(&still, |(_, noticed)| !noticed.is_empty());
    assert!(still.len() > 1000 && moved.len() > 500, "{} {}", still.len(), moved.len());
    assert!(seen >= 0.8 && alarms < 0.05, "noticed {seen}, false alarms {alarms}");
}

#[test]
fn values_start_from_the_choices_of_a_policy() {
    let shape = ProcessShape { num_envs: 1, num_agents: 2, choices: 3, observation: 4, state: 4 };
    let mut random = stream(1, Purpose::Minibatches);
    // What an agent chooses is what it sees: one of three.
    let episodes: Vec<Episode> = (0..16)
        .map(|_| {
            let seen: Vec<usize> = (0..12).map(|_| random.int(0, 3) as usize).collect();
            let number = |index: usize| f32::from(u8::from(seen[index / 4] == index % 4));
            Episode {
                observations: (0..12 * 4).map(number).collect(),
                states: vec![0.0; 6 * 4],
                available: vec![1; 12 * 3],
                choices: seen[..10].iter().map(|&choice| choice as i32).collect(),
                rewards: vec![0.0; 5],
                discounts: vec![0.9; 5],
                terminated: true,
            }
        })
        .collect();
    let config = LearnerConfig {
        optimiser: Optimiser::Adam,
        hidden: 16,
        learning_rate: 5e-3,
        ..LearnerConfig::default()
    };
    let mut learner = Learner::new(shape, &config, 2);
    let batch = Batch::new(shape, &episodes.iter().collect::<Vec<&Episode>>());
    let first = learner.imitate(&batch, 0.5).unwrap();
    let mut last = first;
    for _ in 0..150 {
        last = learner.imitate(&batch, 0.5).unwrap();
    }
    assert!((first - 3.0_f32.ln()).abs() < 0.3 && last < 0.1, "{first} {last}");
}
