//! The pendulum as a domain of the batch engine.

use pentathlon_engine::{
    Domain, GenerationError, Instance, InstanceMut, Kernel,
    episode::records::{Outcome, RUNNING},
};
use pentathlon_gym::{
    BuildOptions, ElementType, EnvSpec, Error, Group, ObservationSpec, Space, seeding::Random,
};

use super::{
    components::records::Rod,
    dynamics::rules::{ANGLE_COST, FASTEST, HALF_TURN, SPEED_COST, STRONGEST, TORQUE_COST, cost_of, turned},
    kernels,
};
use crate::classic_control::parameters::{self, Parameter};

/// The registered id.
pub const PENDULUM: &str = "ClassicControl-Pendulum-v1";

/// Largest angular velocity at the start in rad/s, as Gymnasium has it.
const START_SPEED: f64 = 1.0;

/// What the rod can be like.
const PARAMETERS: [Parameter; 3] = [
    Parameter {
        name: "gravity",
        default: 10.0,
        least: 0.0,
        largest: 100.0,
        description: "Acceleration of gravity in m/s^2.",
    },
    Parameter {
        name: "mass",
        default: 1.0,
        least: 0.01,
        largest: 100.0,
        description: "Mass of the rod in kg.",
    },
    Parameter {
        name: "length",
        default: 1.0,
        least: 0.01,
        largest: 100.0,
        description: "Length of the rod in m.",
    },
];

/// The pendulum with its options.
#[derive(Debug)]
pub struct Pendulum {
    spec: EnvSpec,
}

impl Pendulum {
    /// The pendulum registered as `id`, with the options of `build`.
    ///
    /// # Errors
    /// Another id, an option that there is not or that has a bad value.
    pub fn new(id: &str, build: &BuildOptions) -> Result<Self, Error> {
        if id != PENDULUM {
            return Err(Error::UnknownId { id: id.into(), nearest: Vec::new() });
        }
        Ok(Self { spec: spec(build, parameters::given(id, &PARAMETERS, build)?) })
    }

    /// The specification, by value.
    pub fn into_spec(self) -> EnvSpec {
        self.spec
    }
}

fn spec(build: &BuildOptions, values: [f32; 3]) -> EnvSpec {
    let worst =
        ANGLE_COST * HALF_TURN.powi(2) + SPEED_COST * FASTEST.powi(2) + TORQUE_COST * STRONGEST.powi(2);
    EnvSpec {
        id: PENDULUM.into(),
        discipline: "classic_control".into(),
        description: "A rod hangs from one of its ends and is to be swung up and held there by a torque too weak to \
                      lift it at once, with the rules of Gymnasium's Pendulum-v1. A step costs the squared angle from \
                      upright, 0.1 times the squared angular velocity and 0.001 times the squared torque. Starts at \
                      any angle with at most 1 rad/s; only the step limit ends an episode. Torques beyond 2 N m are \
                      refused where Gymnasium clips them. Gravity, mass and length are options and context."
            .into(),
        mission: String::new(),
        num_agents: 1,
        action_space: Space::Box { low: -STRONGEST, high: STRONGEST, shape: vec![1], element: ElementType::F32 },
        action_names: Vec::new(),
        observations: vec![ObservationSpec {
            name: "state".into(),
            group: Group::Policy,
            space: Space::Box { low: -FASTEST, high: FASTEST, shape: vec![3], element: ElementType::F32 },
            description: "Cosine and sine of the angle from upright, angular velocity (rad/s).".into(),
        }],
        default_observations: vec!["state".into()],
        max_episode_steps: build.max_episode_steps.unwrap_or(200),
        reward_range: (-worst, 0.0),
        subgoals: Vec::new(),
        channels: Vec::new(),
        context: parameters::context(&PARAMETERS, &values),
        options: parameters::options(&PARAMETERS),
        wgpu: true,
    }
}

impl Domain for Pendulum {
    type State = Rod;

    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn items(&self) -> usize {
        1
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        context: &[f32],
        state: &mut Rod,
        items: &mut [u32],
    ) -> Result<(), GenerationError> {
        items.fill(0);
        let mut within = |bound: f64| (-bound + 2.0 * bound * random.float()) as f32;
        *state = Rod {
            theta: within(std::f64::consts::PI),
            theta_dot: within(START_SPEED),
            gravity: context[0],
            mass: context[1],
            length: context[2],
        };
        Ok(())
    }

    #[inline]
    fn step<R: Random>(
        &self,
        _random: &mut R,
        instance: InstanceMut<'_, Rod>,
        action: &[i32],
        outcome: &mut Outcome,
        _events: &mut [i32],
    ) {
        let torque = f32::from_bits(action[0] as u32);
        // What a step costs depends on where it begins, and is known here alone.
        outcome.detail = cost_of(*instance.state, torque).to_bits();
        outcome.verdict = RUNNING;
        *instance.state = turned(*instance.state, torque);
    }

    #[inline]
    fn reward(&self, _instance: Instance<'_, Rod>, outcome: &Outcome, rewards: &mut [f32]) {
        rewards.fill(-f32::from_bits(outcome.detail));
    }

    #[inline]
    fn observe(&self, _form: usize, instance: Instance<'_, Rod>, rows: &mut [u8]) {
        let Rod { theta, theta_dot, .. } = *instance.state;
        rows.copy_from_slice(bytemuck::cast_slice(&[theta.cos(), theta.sin(), theta_dot]));
    }

    fn check(&self, instance: Instance<'_, Rod>) -> Result<(), String> {
        let rod = instance.state;
        if !(rod.theta.is_finite() && rod.theta_dot.abs() <= FASTEST) {
            return Err(format!("its angle is {} and its angular velocity {}", rod.theta, rod.theta_dot));
        }
        parameters::check(&PARAMETERS, &[rod.gravity, rod.mass, rod.length])
    }

    fn mission(&self, _instance: Instance<'_, Rod>) -> String {
        String::new()
    }

    fn kernels(&self, observations: &[usize]) -> Vec<Kernel> {
        kernels::kernels(observations)
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_engine::Batch;
    use pentathlon_gym::{AutoresetMode, Device, VectorEnv};

    use super::*;

    fn batch(num_envs: usize) -> Batch<Pendulum> {
        let build = BuildOptions {
            num_envs,
            device: Device::Native,
            autoreset: AutoresetMode::Disabled,
            ..BuildOptions::default()
        };
        Batch::new(Pendulum::new(PENDULUM, &build).unwrap(), build).unwrap()
    }

    #[test]
    fn starts_are_anywhere_and_slow() {
        let mut batch = batch(400);
        let batch: &mut dyn VectorEnv = &mut batch;
        let starts = batch.reset(3).unwrap()["state"].as_f32().unwrap();
        let quadrant = |start: &[f32]| usize::from(start[0] > 0.0) + 2 * usize::from(start[1] > 0.0);
        let mut counts = [0; 4];
        for start in starts.chunks_exact(3) {
            assert!((start[0].powi(2) + start[1].powi(2) - 1.0).abs() < 1e-5 && start[2].abs() < 1.0);
            counts[quadrant(start)] += 1;
        }
        assert!(counts.iter().all(|count| (70..130).contains(count)), "{counts:?}");
        assert!(starts.chunks_exact(3).any(|start| start[2] > 0.97));
        assert!(starts.chunks_exact(3).any(|start| start[2] < -0.97));
    }

    #[test]
    fn pumping_energy_and_then_balancing_holds_it_up_within_the_limit() {
        let mut batch = batch(50);
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(1).unwrap();
        let mut returns = [0.0; 50];
        for step in 1..=200 {
            let state = batch.observation()["state"].as_f32().unwrap();
            let torques: Vec<f32> = state
                .chunks_exact(3)
                .map(|state| {
                    let (cosine, sine, speed) = (state[0], state[1], state[2]);
                    // Energy from that of standing upright, in units of the moment of inertia.
                    let missing = 15.0 * (1.0 - cosine) - 0.5 * speed.powi(2);
                    let torque = if cosine > 0.9 { -12.0 * sine - 3.0 * speed } else { missing * speed };
                    torque.clamp(-2.0, 2.0)
                })
                .collect();
            let made = batch.step(&torques).unwrap();
            assert!(!made.terminated.contains(&true));
            assert_eq!(made.truncated[0], step == 200);
            returns.iter_mut().zip(made.reward).for_each(|(sum, reward)| *sum += reward);
        }
        let state = batch.observation()["state"].as_f32().unwrap();
        assert!(state.chunks_exact(3).filter(|state| state[0] > 0.99).count() >= 45, "{state:?}");
        let mean = returns.iter().sum::<f32>() / 50.0;
        assert!((-400.0..-100.0).contains(&mean), "{mean}");
    }

    #[test]
    fn torques_and_options_out_of_range_are_refused() {
        let mut batch = batch(3);
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(0).unwrap();
        for torque in [2.5, f32::NAN, f32::INFINITY] {
            let error = batch.step(&vec![0.0, torque, 0.0]).unwrap_err().to_string();
            assert!(error.contains("-2 to 2") && error.contains('1'), "{error}");
        }
        for (name, value) in [("mass", 0.0), ("length", -1.0), ("gravity", f64::NAN), ("colour", 1.0)] {
            let options = [(name.to_owned(), value.into())].into();
            let error = Pendulum::new(PENDULUM, &BuildOptions { options, ..BuildOptions::default() });
            assert!(error.unwrap_err().to_string().contains(name));
        }
    }
}
