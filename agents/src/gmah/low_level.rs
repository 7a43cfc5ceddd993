//! The low level: one network that acts for every agent towards the subgoal it pursues, as a set of options.
//! While it is trained it writes down what it did and what its intrinsic reward was.

use std::sync::Arc;

use pentathlon_gym::seeding::{Random, philox::Philox};

use super::intrinsic::{IntrinsicConfig, PursuitStep};
use super::pursuit::Pursuits;
use super::surprise::Surprise;
use super::task_tree::TaskTree;
use crate::categorical;
use crate::networks::{EncodedRows, Inference, ObservationLayout};
use crate::options::{Aftermath, End, OptionSet, OptionView, Scene};

/// How the low level acts and learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LowLevelSettings {
    /// Whether the most probable action is taken instead of a sampled one.
    pub greedy: bool,
    /// Whether agents that notice a change choose anew.
    pub adaptive: bool,
    /// Rows evaluated at once by one thread.
    pub inference_rows: usize,
    /// Discount of intrinsic rewards.
    pub gamma: f32,
    /// Time limit of an episode.
    pub limit: u32,
    /// The intrinsic rewards.
    pub intrinsic: IntrinsicConfig,
}

/// The options "pursue subgoal g", carried out by one network.
pub struct LowLevel {
    layout: ObservationLayout,
    network: Inference,
    tree: Arc<dyn TaskTree>,
    pool: Arc<rayon::ThreadPool>,
    /// How it acts.
    pub settings: LowLevelSettings,
    /// What notices change, if anything does.
    pub surprise: Option<Surprise>,
    /// What is written down while the network is trained.
    pub pursuits: Option<Pursuits>,
    /// Steps of the episode under way, `[num_envs]`.
    elapsed: Vec<u32>,
    /// Subgoals that each agent has achieved in the episode under way, as bits, `[num_envs, num_agents]`.
    achieved: Vec<u32>,
    rows: EncodedRows,
    logits: Vec<f32>,
    values: Vec<f32>,
    /// Of every agent: distance before the step, and whether its action changes nothing.
    before: Vec<(Option<f32>, bool)>,
}

impl LowLevel {
    /// A low level for `num_envs` environments. `layout` is that of the actions and observations
    /// [with subgoals](ObservationLayout::with_subgoals).
    pub fn new(
        layout: ObservationLayout,
        network: Inference,
        tree: Arc<dyn TaskTree>,
        pool: Arc<rayon::ThreadPool>,
        settings: LowLevelSettings,
        num_envs: usize,
    ) -> Self {
        let rows = num_envs * layout.agents;
        Self {
            layout,
            network,
            tree,
            pool,
            settings,
            surprise: None,
            pursuits: None,
            elapsed: vec![0; num_envs],
            achieved: vec![0; rows],
            rows: EncodedRows::default(),
            logits: Vec::new(),
            values: Vec::new(),
            before: vec![(None, false); rows],
        }
    }

    /// What the network sees.
    pub fn layout(&self) -> &ObservationLayout {
        &self.layout
    }

    /// Acts by `network` from now on.
    pub fn set_network(&mut self, network: Inference) {
        self.network = network;
    }

    /// The task tree.
    pub fn tree(&self) -> &dyn TaskTree {
        self.tree.as_ref()
    }

    /// Subgoals that the agent in row `place` has achieved in its episode, as bits.
    pub fn achieved(&self, place: usize) -> u32 {
        self.achieved[place]
    }

    /// Steps and achievements of the episodes under way, for a checkpoint.
    pub fn progress(&self) -> (Vec<u32>, Vec<u32>) {
        (self.elapsed.clone(), self.achieved.clone())
    }

    /// Takes over what [`LowLevel::progress`] gave.
    ///
    /// # Errors
    /// A reason, when it is of a batch of another size.
    pub fn restore(&mut self, (elapsed, achieved): (Vec<u32>, Vec<u32>)) -> Result<(), String> {
        if elapsed.len() != self.elapsed.len() || achieved.len() != self.achieved.len() {
            return Err(format!(
                "it is of {} environments, and there are {}",
                elapsed.len(),
                self.elapsed.len()
            ));
        }
        (self.elapsed, self.achieved) = (elapsed, achieved);
        Ok(())
    }

    /// Evaluates rows that pursue `subgoals`, into `logits` and `values`.
    fn evaluate(&mut self) {
        let Self { pool, network, layout, rows, settings, logits, values, .. } = self;
        pool.install(|| network.evaluate_all(layout, rows, settings.inference_rows, logits, values));
    }

    /// Closes the pursuits that ended with the last step: what would have followed those that were cut off is put
    /// in by the value of what was seen last.
    fn close(&mut self, aftermath: &Aftermath<'_>) {
        let Some(mut pursuits) = self.pursuits.take() else { return };
        let agents = self.layout.agents;
        self.rows.clear();
        let mut cut = Vec::new();
        for (place, end) in aftermath.ends.iter().enumerate() {
            let achieved = aftermath.scene.events[place] == aftermath.current[place];
            let outcome = aftermath.outcomes[place / agents];
            let source = match end {
                None | Some(End::Terminated) => None,
                Some(End::Episode) if achieved || outcome.terminated => None,
                Some(End::Episode) => aftermath.last,
                Some(End::Budget | End::Interrupted) => Some(aftermath.scene.observation),
            };
            if let Some(source) = source {
                let place = std::iter::once(place);
                self.rows.push_pursuing(&self.layout, source, place.clone(), aftermath.current);
                cut.extend(place);
            }
        }
        if !cut.is_empty() {
            self.evaluate();
        }
        pursuits.end_step(aftermath, &cut, &self.values, self.settings.gamma);
        self.pursuits = Some(pursuits);
    }

    /// Value of what every agent sees now in pursuit of its subgoal, `[num_envs, num_agents]`.
    pub fn values_now(&mut self, scene: Scene<'_>, current: &[i32]) -> &[f32] {
        self.rows.clear();
        self.rows.push_pursuing(&self.layout, scene.observation, 0..current.len(), current);
        self.evaluate();
        &self.values
    }

    /// Logarithms of the chances of `actions` and values, for `rows` of the low level.
    pub(super) fn judge(&self, rows: &EncodedRows, actions: &[i32]) -> (Vec<f32>, Vec<f32>) {
        let (mut logits, mut values) = (Vec::new(), Vec::new());
        self.pool.install(|| {
            self.network.evaluate_all(
                &self.layout,
                rows,
                self.settings.inference_rows,
                &mut logits,
                &mut values,
            );
        });
        let chances = logits.chunks_exact(self.layout.actions).zip(actions);
        let chances =
            chances.map(|(logits, &action)| categorical::log_probability(logits, action as usize)).collect();
        (chances, values)
    }
}

impl OptionSet for LowLevel {
    fn len(&self) -> usize {
        self.tree.len()
    }

    fn initiate(&self, option: usize, view: OptionView<'_>) -> bool {
        self.tree.can_begin(option, view)
    }

    fn act(&mut self, scene: Scene<'_>, current: &[i32], random: &mut Philox, actions: &mut [i32]) {
        if let Some(surprise) = &mut self.surprise {
            surprise.expect(scene.features, current);
        }
        self.values_now(scene, current);
        let chosen = self.logits.chunks_exact(self.layout.actions).zip(actions.iter_mut());
        for (place, (logits, action)) in chosen.enumerate() {
            let (choice, log_probability) = if self.settings.greedy {
                (categorical::argmax(logits), 0.0)
            } else {
                categorical::sample(logits, random.float() as f32)
            };
            *action = choice as i32;
            if let Some(pursuits) = &mut self.pursuits {
                pursuits.log_probabilities.push(log_probability);
                let view = scene.view_of(place);
                let agent = view.place.1;
                let distance = self.tree.distance(current[place] as usize, agent, view.observation);
                let changes_nothing = view.available[choice] == 0;
                self.before[place] = (distance, changes_nothing);
            }
        }
        if let Some(pursuits) = &mut self.pursuits {
            pursuits.begin_step(&self.layout, &self.rows, scene, current, actions, &self.values);
        }
    }

    fn perceive(&mut self, aftermath: &Aftermath<'_>) {
        if let Some(surprise) = &mut self.surprise {
            surprise.perceive(aftermath);
        }
    }

    fn terminate(&self, option: usize, view: OptionView<'_>) -> f32 {
        f32::from(u8::from(view.event == option as i32))
    }

    fn interrupts(&self, option: usize, view: OptionView<'_>) -> bool {
        let place = view.place.0 * self.layout.agents + view.place.1;
        self.settings.adaptive
            && self.surprise.as_ref().is_some_and(|surprise| surprise.noticed(place, option as i32, view.age))
    }

    fn settle(&mut self, aftermath: &Aftermath<'_>) {
        if let Some(surprise) = &mut self.surprise {
            surprise.settle(aftermath);
        }
        let agents = self.layout.agents;
        self.elapsed.iter_mut().for_each(|elapsed| *elapsed += 1);
        if let Some(pursuits) = &mut self.pursuits {
            for (place, &(before, idle)) in self.before.iter().enumerate() {
                let goal = aftermath.current[place];
                let view = aftermath.scene.view_of(place);
                let distance = |seen: &[f32]| self.tree.distance(goal as usize, view.place.1, seen);
                let after = if aftermath.outcomes[place / agents].terminated {
                    // The potential of a terminal state is 0, whoever brought it about.
                    None
                } else if aftermath.ends[place] == Some(End::Episode) {
                    let width = aftermath.scene.shape.observation;
                    distance(&aftermath.last_features[place * width..(place + 1) * width])
                } else {
                    distance(view.observation)
                };
                let step = PursuitStep {
                    achieved: view.event == goal,
                    time: self.elapsed[place / agents] as f32 / self.settings.limit as f32,
                    distance: [before, after],
                    idle,
                };
                pursuits.rewards.push(self.settings.intrinsic.reward(step, self.settings.gamma));
                pursuits.steps.push(step);
            }
        }
        self.close(aftermath);
        for (place, achieved) in self.achieved.iter_mut().enumerate() {
            if let Ok(event) = u32::try_from(aftermath.scene.events[place]) {
                *achieved |= 1 << event;
            }
            if aftermath.ends[place] == Some(End::Episode) {
                *achieved = 0;
            }
        }
        for (env, elapsed) in self.elapsed.iter_mut().enumerate() {
            if aftermath.outcomes[env].ended {
                *elapsed = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gmah::config::GmahConfig;
    use crate::gmah::trainer::{Levels, levels, pool};
    use crate::options::{DecisionProcess, Outcome};
    use crate::random::{Purpose, stream};

    /// Shaping pays every way alike only if the potential of the last state is its own when time is up, and 0 when
    /// nothing follows, whichever agent ended the episode.
    #[test]
    fn at_the_end_of_an_episode_the_potential_is_that_of_the_last_state() {
        let text = r#"
            threads = 1
            [environment]
            id = "MultiGrid-TrashGrid-6x6-v2"
            num_envs = 2
            max_episode_steps = 3
            observations = ["vector", "state", "action_mask"]
            [network.parts]
            vector = [{ numbers = 22, scale = 0.2 }]
        "#;
        let config = GmahConfig::read("", text, &[""; 0]).unwrap();
        let make =
            |id: &str, options: &pentathlon_gym::BuildOptions| pentathlon_envs::registry().make(id, options);
        let (Levels { mut runner, .. }, ..) = levels(&config, &make, 2, 7, &pool(&config).unwrap()).unwrap();
        runner.options_mut().pursuits = Some(Pursuits::default());
        let choices = vec![0; runner.current().len()];
        for _ in 0..3 {
            runner.advance(&choices).unwrap();
        }
        assert!(runner.primitive().outcomes().iter().all(|outcome| outcome.ended && !outcome.terminated));
        let shape = runner.primitive().shape();
        let (agents, width) = (shape.num_agents, shape.observation);
        let mut seen = vec![0.0; agents * width];
        let (mut state, mut available) = (vec![0.0; shape.state], vec![0; agents * shape.choices]);
        for env in 0..2 {
            runner.primitive().observe_last(
                env,
                crate::options::SituationMut {
                    observation: &mut seen,
                    state: &mut state,
                    available: &mut available,
                },
            );
            let low = runner.options();
            let steps = &low.pursuits.as_ref().unwrap().steps;
            let last = &steps[steps.len() - 2 * agents..][env * agents..];
            for (agent, (own, step)) in seen.chunks_exact(width).zip(last).enumerate() {
                let distance = low.tree().distance(0, agent, own);
                assert!(distance.is_some());
                assert_eq!(step.distance[1], distance);
            }
        }
        let mut random = stream(1, Purpose::Options);
        runner.with_options(|low, scene, current| {
            let rows = current.len();
            let current = vec![0; rows];
            low.act(scene, &current, &mut random, &mut vec![0; rows]);
            let outcome = Outcome { reward: 0.0, discount: 0.9, terminated: true, ended: true };
            low.settle(&Aftermath {
                scene,
                last: None,
                last_features: scene.features,
                current: &current,
                rewards: &vec![0.0; rows],
                outcomes: &[outcome; 2],
                ends: &vec![Some(End::Episode); rows],
            });
            let steps = &low.pursuits.as_ref().unwrap().steps;
            for step in &steps[steps.len() - rows..] {
                assert!(step.distance[0].is_some());
                assert_eq!((step.distance[1], step.achieved), (None, false));
            }
        });
    }
}
