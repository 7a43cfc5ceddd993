//! A snapshot of one environment goes on bit for bit, random stream included, in whichever environment of whichever
//! batch it is restored: every discipline, every device.

use pentathlon_engine::wgpu_available;
use pentathlon_envs::{cormab::sample_actions, registry};
use pentathlon_gym::{
    Actions, Array, AutoresetMode, BuildOptions, Device, ElementType, Error, GeneratorKind, OptionValue,
    Snapshot, Step, VectorEnv, seeding::philox::Philox,
};

/// One task or more of every discipline; those in which chance goes on during an episode among them.
const IDS: [(&str, &[(&str, f64)]); 11] = [
    ("MiniGrid-DoorKey-8x8-v0", &[("stochastic_action", 0.8)]),
    ("MiniGrid-Dynamic-Obstacles-8x8-v0", &[]),
    ("BabyAI-GoToSeqS5R2-v0", &[]),
    ("CrafterReward-v1", &[]),
    ("coRMAB-Multi-v0", &[]),
    ("MatrixGame-TwoStep-v0", &[]),
    ("GridRooms-FourRooms-v0", &[("slip", 0.4)]),
    ("ClassicControl-CartPole-v1", &[("half_length", 1.5)]),
    ("ClassicControl-Pendulum-v1", &[("mass", 0.8)]),
    ("MultiGrid-TrashGrid-6x6-v2", &[]),
    ("MultiGrid-DoorKey-8x8-mixed-v0", &[("p_move", 1.0)]),
];

fn build(id: &str, given: &[(&str, f64)], num_envs: usize, options: BuildOptions) -> Box<dyn VectorEnv> {
    let given = given.iter().map(|&(name, value)| (name.to_owned(), OptionValue::Float(value))).collect();
    let options = BuildOptions { num_envs, options: given, seed: 3, threads: 1, ..options };
    registry().make(id, &options).unwrap_or_else(|error| panic!("{id}: {error}"))
}

/// Random actions for `batch`; real numbers as their bits.
fn draw(batch: &dyn VectorEnv, random: &mut Philox) -> Vec<i32> {
    let width = batch.spec().action_space.flat_len();
    let mut actions = vec![0; batch.num_envs() * batch.spec().num_agents * width];
    if batch.spec().id.starts_with("coRMAB") {
        assert!(sample_actions(batch, random, &mut actions));
    } else {
        for row in actions.chunks_mut(width) {
            match batch.spec().action_space.sample(random) {
                Array::I32(values) => row.copy_from_slice(&values),
                Array::F32(values) => row.copy_from_slice(bytemuck::cast_slice(&values)),
                Array::U8(_) => panic!("actions are no bytes"),
            }
        }
    }
    actions
}

/// Steps `batch` with what [`draw`] drew.
fn step<'a>(batch: &'a mut dyn VectorEnv, actions: &[i32]) -> Step<'a> {
    match batch.spec().action_space.element() {
        ElementType::F32 => batch.step(Actions::Continuous(bytemuck::cast_slice(actions))).unwrap(),
        _ => batch.step(actions).unwrap(),
    }
}

/// What environment `env` shows, byte for byte.
fn seen(batch: &dyn VectorEnv, env: usize) -> Vec<Vec<u8>> {
    let rows = batch.num_envs();
    let fields = batch.observation().fields.iter();
    fields
        .map(|field| {
            let bytes = field.array.bytes();
            bytes[env * bytes.len() / rows..(env + 1) * bytes.len() / rows].to_vec()
        })
        .collect()
}

/// Plays on in environment `env` with the actions that another one was given; what it shows and earns, step by step.
fn play(batch: &mut dyn VectorEnv, env: usize, script: &[Vec<i32>]) -> Vec<(Vec<Vec<u8>>, Vec<u32>, bool)> {
    let mut random = Philox::for_level(77, env as u32);
    let mut log = Vec::new();
    for own in script {
        let mut actions = draw(batch, &mut random);
        let width = own.len();
        actions[env * width..(env + 1) * width].copy_from_slice(own);
        let agents = batch.spec().num_agents;
        let step = step(batch, &actions);
        let reward =
            step.reward[env * agents..(env + 1) * agents].iter().map(|reward| reward.to_bits()).collect();
        let ended = step.ended(env);
        log.push((if ended { Vec::new() } else { seen(batch, env) }, reward, ended));
        if ended {
            break;
        }
    }
    log
}

/// Takes a snapshot of environment 1 of `source` under way, plays on there, and plays the same in environment 2 of
/// `target`.
fn assert_goes_on(source: &mut dyn VectorEnv, target: &mut dyn VectorEnv) {
    let id = source.spec().id.clone();
    let mut random = Philox::for_level(5, 0);
    source.reset(3).unwrap();
    target.reset(8).unwrap();
    let mut snapshot: Option<Snapshot> = None;
    for _ in 0..7 {
        // The last state before the end of an episode will do.
        snapshot = Some(source.snapshot_environment(1).unwrap());
        let before = source.snapshot().unwrap();
        let actions = draw(source, &mut random);
        if step(source, &actions).ended(1) {
            source.restore(&before).unwrap();
            break;
        }
    }
    let snapshot = snapshot.unwrap();
    source.restore_environment(1, &snapshot).unwrap();
    let actions = draw(target, &mut random);
    step(target, &actions);
    target.restore_environment(2, &snapshot).unwrap();
    assert_eq!(seen(source, 1), seen(target, 2), "{id}: what is shown after the restoration");
    let mut script = Vec::new();
    for _ in 0..40 {
        let actions = draw(source, &mut random);
        let width = actions.len() / source.num_envs();
        script.push(actions[width..2 * width].to_vec());
    }
    let (one, other) = (play(source, 1, &script), play(target, 2, &script));
    assert_eq!(one, other, "{id}");
    assert!(!one.is_empty());
}

fn assert_all(device: Device, only: impl Fn(&str) -> bool) {
    for (id, given) in IDS.into_iter().filter(|(id, _)| only(id)) {
        let options = |autoreset| BuildOptions {
            device,
            autoreset,
            levels: (device == Device::Wgpu).then_some(pentathlon_gym::Levels::Fixed(16)),
            ..BuildOptions::default()
        };
        let mut source = build(id, given, 3, options(AutoresetMode::SameStep));
        // Another size and another way of resetting.
        let mut target = build(id, given, 5, options(AutoresetMode::NextStep));
        assert_goes_on(&mut *source, &mut *target);
    }
}

#[test]
fn an_environment_goes_on_elsewhere() {
    assert_all(Device::Native, |_| true);
}

#[test]
fn an_environment_goes_on_elsewhere_on_the_device() {
    if wgpu_available() {
        // Bandits are planned on the host, like pictures.
        assert_all(Device::Wgpu, |id| !id.starts_with("Crafter"));
    }
}

#[test]
fn the_upstreams_stream_goes_on_too() {
    let id = "MiniGrid-Dynamic-Obstacles-8x8-v0";
    let options = |autoreset| BuildOptions {
        generator: GeneratorKind::Reference,
        device: Device::Native,
        autoreset,
        ..BuildOptions::default()
    };
    let mut source = build(id, &[], 3, options(AutoresetMode::SameStep));
    let mut target = build(id, &[], 5, options(AutoresetMode::NextStep));
    assert_goes_on(&mut *source, &mut *target);
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let options = BuildOptions { autoreset: AutoresetMode::Disabled, ..BuildOptions::default() };
    let mut rooms = build("GridRooms-FourRooms-v0", &[], 2, options.clone());
    assert!(matches!(rooms.snapshot_environment(0), Err(Error::NotReset)));
    rooms.reset(1).unwrap();
    assert!(rooms.snapshot_environment(2).is_err());
    let mut other = build("GridRooms-FourRooms-v0", &[("slip", 0.5)], 2, options.clone());
    other.reset(1).unwrap();
    let before = other.snapshot().unwrap();
    let snapshot = rooms.snapshot_environment(0).unwrap();
    let message = other.restore_environment(0, &snapshot).unwrap_err().to_string();
    assert!(message.contains("slip"), "{message}");
    let mut broken = snapshot.clone();
    broken.columns[1].1.fill(0);
    assert!(rooms.restore_environment(0, &broken).is_err(), "the agent would be in a wall");
    assert!(rooms.restore_environment(5, &snapshot).is_err());
    // An episode that is over cannot go on.
    let mut poles = build("ClassicControl-CartPole-v1", &[], 1, options);
    poles.reset(1).unwrap();
    while !poles.step(&[0]).unwrap().terminated[0] {}
    let ended = poles.snapshot_environment(0).unwrap();
    assert!(poles.restore_environment(0, &ended).unwrap_err().to_string().contains("ended"));
    assert_eq!(other.snapshot().unwrap(), before);
}
