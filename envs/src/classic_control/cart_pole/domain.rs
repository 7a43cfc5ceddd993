//! The cart-pole as a domain of the batch engine.

use pentathlon_engine::{Domain, GenerationError, Instance, InstanceMut, Kernel, episode::records::Outcome};
use pentathlon_gym::{
    BuildOptions, ElementType, EnvSpec, Error, Group, ObservationSpec, Space, seeding::Random,
};

use super::{
    components::records::Pole,
    dynamics::rules::{pushed, verdict_of},
    kernels,
};
use crate::classic_control::parameters::{self, Parameter};

/// The registered id.
pub const CART_POLE: &str = "ClassicControl-CartPole-v1";

/// Largest starting value of position, velocity, angle and angular velocity, as Gymnasium has it.
const START: f64 = 0.05;

/// What cart and pole can be like.
const PARTS: [Parameter; 3] = [
    Parameter {
        name: "cart_mass",
        default: 1.0,
        least: 0.01,
        largest: 100.0,
        description: "Mass of the cart in kg.",
    },
    Parameter {
        name: "half_length",
        default: 0.5,
        least: 0.01,
        largest: 100.0,
        description: "Half the length of the pole in m.",
    },
    Parameter {
        name: "pole_mass",
        default: 0.1,
        least: 0.001,
        largest: 100.0,
        description: "Mass of the pole in kg.",
    },
];

/// The cart-pole with its options.
#[derive(Debug)]
pub struct CartPole {
    spec: EnvSpec,
}

impl CartPole {
    /// The cart-pole registered as `id`, with the options of `build`.
    ///
    /// # Errors
    /// Another id, an option that there is not or that has a bad value.
    pub fn new(id: &str, build: &BuildOptions) -> Result<Self, Error> {
        if id != CART_POLE {
            return Err(Error::UnknownId { id: id.into(), nearest: Vec::new() });
        }
        Ok(Self { spec: spec(build, parameters::given(id, &PARTS, build)?) })
    }

    /// The specification, by value.
    pub fn into_spec(self) -> EnvSpec {
        self.spec
    }
}

fn spec(build: &BuildOptions, parts: [f32; 3]) -> EnvSpec {
    EnvSpec {
        id: CART_POLE.into(),
        discipline: "classic_control".into(),
        description: "A pole stands on a cart that is pushed to the left or to the right (Barto, Sutton and Anderson, \
                      1983), with the rules of Gymnasium's CartPole-v1: 1 for every step, until the pole leans more \
                      than 12 degrees or the cart is more than 2.4 m from the middle. Masses and length are options \
                      and context."
            .into(),
        mission: String::new(),
        num_agents: 1,
        action_space: Space::discrete(2),
        action_names: ["left", "right"].map(String::from).to_vec(),
        observations: vec![ObservationSpec {
            name: "state".into(),
            group: Group::Policy,
            space: Space::Box { low: f32::MIN, high: f32::MAX, shape: vec![4], element: ElementType::F32 },
            description: "Position (m) and velocity (m/s) of the cart, angle (rad) and angular velocity (rad/s) of \
                          the pole."
                .into(),
        }],
        default_observations: vec!["state".into()],
        max_episode_steps: build.max_episode_steps.unwrap_or(500),
        reward_range: (1.0, 1.0),
        subgoals: Vec::new(),
        channels: Vec::new(),
        context: parameters::context(&PARTS, &parts),
        options: parameters::options(&PARTS),
        wgpu: true,
    }
}

impl Domain for CartPole {
    type State = Pole;

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
        state: &mut Pole,
        items: &mut [u32],
    ) -> Result<(), GenerationError> {
        items.fill(0);
        let mut draw = || (-START + 2.0 * START * random.float()) as f32;
        *state = Pole {
            x: draw(),
            x_dot: draw(),
            theta: draw(),
            theta_dot: draw(),
            cart_mass: context[0],
            half_length: context[1],
            pole_mass: context[2],
        };
        Ok(())
    }

    #[inline]
    fn step<R: Random>(
        &self,
        _random: &mut R,
        instance: InstanceMut<'_, Pole>,
        action: &[i32],
        outcome: &mut Outcome,
        _events: &mut [i32],
    ) {
        *instance.state = pushed(*instance.state, action[0]);
        outcome.verdict = verdict_of(*instance.state);
    }

    #[inline]
    fn reward(&self, _instance: Instance<'_, Pole>, _outcome: &Outcome, rewards: &mut [f32]) {
        rewards.fill(1.0);
    }

    #[inline]
    fn observe(&self, _form: usize, instance: Instance<'_, Pole>, rows: &mut [u8]) {
        let Pole { x, x_dot, theta, theta_dot, .. } = *instance.state;
        rows.copy_from_slice(bytemuck::cast_slice(&[x, x_dot, theta, theta_dot]));
    }

    fn check(&self, instance: Instance<'_, Pole>) -> Result<(), String> {
        let pole = instance.state;
        let numbers = [pole.x, pole.x_dot, pole.theta, pole.theta_dot];
        if !numbers.iter().all(|number| number.is_finite()) {
            return Err(format!("its cart and pole are at {numbers:?}"));
        }
        parameters::check(&PARTS, &[pole.cart_mass, pole.half_length, pole.pole_mass])
    }

    fn mission(&self, _instance: Instance<'_, Pole>) -> String {
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

    fn batch(num_envs: usize) -> Batch<CartPole> {
        let build = BuildOptions {
            num_envs,
            device: Device::Native,
            autoreset: AutoresetMode::Disabled,
            ..BuildOptions::default()
        };
        Batch::new(CartPole::new(CART_POLE, &build).unwrap(), build).unwrap()
    }

    #[test]
    fn starts_are_small_and_a_pole_pushed_one_way_falls_within_eleven_steps() {
        let mut batch = batch(200);
        let batch: &mut dyn VectorEnv = &mut batch;
        let starts = batch.reset(3).unwrap()["state"].as_f32().unwrap().to_vec();
        assert!(
            starts.iter().all(|start| start.abs() < 0.05) && starts.iter().any(|start| start.abs() > 0.049)
        );
        let (mut running, mut lengths) = (vec![true; 200], vec![0; 200]);
        while running.contains(&true) {
            let step = batch.step_masked((&[1; 200]).into(), &running).unwrap();
            for env in 0..200 {
                if running[env] {
                    assert_eq!(step.reward[env], 1.0);
                    lengths[env] += 1;
                    running[env] = !step.terminated[env];
                }
            }
        }
        // What Gymnasium documents for constant pushes: 8 to 11 steps.
        assert!(lengths.iter().all(|length| (8..=11).contains(length)), "{lengths:?}");
    }

    #[test]
    fn a_simple_rule_balances_for_all_of_the_five_hundred_steps() {
        let mut batch = batch(50);
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(1).unwrap();
        for step in 1..=500 {
            let state = batch.observation()["state"].as_f32().unwrap();
            let actions: Vec<i32> = state
                .chunks(4)
                .map(|state| i32::from(state[2] + 0.4 * state[3] + 0.02 * state[0] + 0.05 * state[1] > 0.0))
                .collect();
            let made = batch.step(&actions).unwrap();
            assert!(!made.terminated.contains(&true), "step {step}");
            assert_eq!(made.truncated[0], step == 500);
        }
    }

    #[test]
    fn options_out_of_range_are_refused() {
        for (name, value) in
            [("cart_mass", 0.0), ("half_length", -1.0), ("pole_mass", f64::NAN), ("colour", 1.0)]
        {
            let options = [(name.to_owned(), value.into())].into();
            let error = CartPole::new(CART_POLE, &BuildOptions { options, ..BuildOptions::default() });
            assert!(error.unwrap_err().to_string().contains(name));
        }
    }
}
