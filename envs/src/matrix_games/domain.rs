//! A matrix game as a domain of the batch engine.

use pentathlon_engine::{Domain, GenerationError, Instance, InstanceMut, Kernel, episode::records::Outcome};
use pentathlon_gym::{
    BuildOptions, ElementType, EnvSpec, Error, Group, ObservationSpec, Space, seeding::Random,
};

use super::{
    components::records::Play,
    games::Game,
    joint_action::rules::{next_word, payoff_word, played, share, verdict_of},
    kernels,
};

/// Agents of every game.
const AGENTS: usize = 2;
/// Names of the actions.
const ACTION_NAMES: [&str; 3] = ["A", "B", "C"];

/// One registered game.
#[derive(Debug)]
pub struct MatrixGame {
    game: Game,
    constants: Vec<u32>,
    spec: EnvSpec,
}

impl MatrixGame {
    /// The game registered as `id`, with the options of `build`.
    ///
    /// # Errors
    /// As [`Game::new`].
    pub fn new(id: &str, build: &BuildOptions) -> Result<Self, Error> {
        let game = Game::new(id, build)?;
        let mut constants = vec![game.actions, game.stages()];
        constants.extend(game.payoffs.iter().map(|payoff| payoff.to_bits()));
        constants.extend(&game.next);
        let spec = spec(id, &game, build);
        Ok(Self { game, constants, spec })
    }

    /// The tables.
    pub fn game(&self) -> &Game {
        &self.game
    }

    /// The specification, by value.
    pub fn into_spec(self) -> EnvSpec {
        self.spec
    }
}

fn spec(id: &str, game: &Game, build: &BuildOptions) -> EnvSpec {
    let stages = game.stages() as usize;
    let one_hot = Space::Box { low: 0.0, high: 1.0, shape: vec![stages], element: ElementType::F32 };
    let form = |name: &str, group, description: &str| ObservationSpec {
        name: name.into(),
        group,
        space: one_hot.clone(),
        description: description.into(),
    };
    let shares = || game.payoffs.iter().map(|payoff| share(*payoff));
    EnvSpec {
        id: id.into(),
        discipline: "matrix_games".into(),
        description: format!(
            "{} Two agents act at the same time and see the same. The team's payoff is divided equally \
             between them; the episode ends with the last table.",
            game.description
        ),
        mission: String::new(),
        num_agents: AGENTS,
        action_space: Space::discrete(game.actions),
        action_names: ACTION_NAMES[..game.actions as usize].iter().map(|&name| name.into()).collect(),
        observations: vec![
            form("stage", Group::Policy, "Which table is played, one number a table: 1 for it, else 0."),
            form("state", Group::State, "The same as `stage`, for centralised critics."),
        ],
        default_observations: vec!["stage".into(), "state".into()],
        max_episode_steps: build.max_episode_steps.unwrap_or(8),
        reward_range: (shares().fold(0.0, f32::min), shares().fold(0.0, f32::max)),
        subgoals: Vec::new(),
        channels: Vec::new(),
        context: Vec::new(),
        options: Game::options(id),
        wgpu: true,
    }
}

impl Domain for MatrixGame {
    type State = Play;

    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn items(&self) -> usize {
        1
    }

    fn constants(&self) -> Vec<u32> {
        self.constants.clone()
    }

    fn generate<R: Random>(
        &self,
        _random: &mut R,
        _context: &[f32],
        state: &mut Play,
        items: &mut [u32],
    ) -> Result<(), GenerationError> {
        *state = Play { stage: 0, paid: 0.0 };
        items.fill(0);
        Ok(())
    }

    #[inline]
    fn step<R: Random>(
        &self,
        _random: &mut R,
        instance: InstanceMut<'_, Play>,
        action: &[i32],
        outcome: &mut Outcome,
        _events: &mut [i32],
    ) {
        let (actions, stages, stage) = (self.game.actions, self.game.stages(), instance.state.stage);
        let (first, second) = (action[0] as u32, action[1] as u32);
        let payoff = f32::from_bits(self.constants[payoff_word(actions, stage, first, second) as usize]);
        let next = self.constants[next_word(actions, stages, stage, first, second) as usize];
        *instance.state = played(*instance.state, payoff, next);
        outcome.verdict = verdict_of(next);
    }

    #[inline]
    fn reward(&self, instance: Instance<'_, Play>, _outcome: &Outcome, rewards: &mut [f32]) {
        rewards.fill(share(instance.state.paid));
    }

    #[inline]
    fn observe(&self, _form: usize, instance: Instance<'_, Play>, rows: &mut [u8]) {
        let rows: &mut [f32] = bytemuck::cast_slice_mut(rows);
        for row in rows.chunks_exact_mut(self.game.stages() as usize) {
            row.fill(0.0);
            row[instance.state.stage as usize] = 1.0;
        }
    }

    fn check(&self, instance: Instance<'_, Play>) -> Result<(), String> {
        let (stage, stages) = (instance.state.stage, self.game.stages());
        if stage >= stages {
            return Err(format!("it is in stage {stage} of {stages}"));
        }
        Ok(())
    }

    fn mission(&self, _instance: Instance<'_, Play>) -> String {
        String::new()
    }

    fn kernels(&self, observations: &[usize]) -> Vec<Kernel> {
        kernels::kernels(observations)
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_engine::Batch;
    use pentathlon_gym::{AutoresetMode, Device, OptionValue, VectorEnv};

    use super::*;
    use crate::matrix_games::games::IDS;

    fn batch(id: &str, options: &[(&str, OptionValue)]) -> Batch<MatrixGame> {
        let build = BuildOptions {
            device: Device::Native,
            autoreset: AutoresetMode::SameStep,
            options: options.iter().map(|(name, value)| ((*name).into(), value.clone())).collect(),
            ..BuildOptions::default()
        };
        let mut batch = Batch::new(MatrixGame::new(id, &build).unwrap(), build).unwrap();
        (&mut batch as &mut dyn VectorEnv).reset(0).unwrap();
        batch
    }

    /// What a joint action pays the team, and whether it ends the episode.
    fn play(batch: &mut Batch<MatrixGame>, actions: [i32; 2]) -> (f32, bool) {
        let step = (batch as &mut dyn VectorEnv).step(&actions).unwrap();
        assert_eq!(step.reward[0], step.reward[1]);
        (step.reward.iter().sum(), step.terminated[0])
    }

    #[test]
    fn agent_0_chooses_the_second_step_and_both_choose_its_payoff() {
        for (first, second, paid) in [(0, [0, 1], 7.0), (0, [1, 1], 7.0), (1, [0, 0], 0.0), (1, [1, 1], 8.0)]
        {
            for other in 0..2 {
                let mut batch = batch("MatrixGame-TwoStep-v0", &[]);
                assert_eq!(play(&mut batch, [first, other]), (0.0, false));
                let expected = if first == 0 { [0.0, 1.0, 0.0] } else { [0.0, 0.0, 1.0] };
                assert_eq!(batch.observation()["stage"].as_f32().unwrap(), [expected, expected].concat());
                assert_eq!(play(&mut batch, second), (paid, true));
                assert_eq!(batch.observation()["state"].as_f32().unwrap()[..3], [1.0, 0.0, 0.0]);
            }
        }
    }

    #[test]
    fn games_of_one_step_pay_what_their_tables_say() {
        let cases = [
            ("MatrixGame-NonMonotonic-v0", [0, 0], 8.0),
            ("MatrixGame-NonMonotonic-v0", [0, 2], -12.0),
            ("MatrixGame-NonMonotonic-v0", [2, 1], 0.0),
            ("MatrixGame-Climbing-v0", [1, 2], 6.0),
            ("MatrixGame-Climbing-v0", [2, 1], 0.0),
            ("MatrixGame-Penalty-v0", [2, 2], -100.0),
            ("MatrixGame-Additive-v0", [2, 2], 7.0),
        ];
        for (id, actions, paid) in cases {
            assert_eq!(play(&mut batch(id, &[]), actions), (paid, true), "{id} {actions:?}");
        }
        let mut mild = batch("MatrixGame-Penalty-v0", &[("penalty", (-25).into())]);
        assert_eq!(play(&mut mild, [0, 0]), (-25.0, true));
    }

    #[test]
    fn options_of_other_games_and_bad_values_are_refused() {
        let build = |value: OptionValue| BuildOptions {
            options: [("penalty".to_owned(), value)].into(),
            ..BuildOptions::default()
        };
        for (id, value) in [(IDS[3], 1.into()), (IDS[3], "high".into()), (IDS[0], (-1).into())] {
            let error = MatrixGame::new(id, &build(value)).unwrap_err().to_string();
            assert!(error.contains("-1000 to 0"), "{error}");
        }
    }
}
