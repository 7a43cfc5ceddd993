//! The toy domain of the engine's tests.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod kernels;
pub mod walkers;

use pentathlon_engine::{
    Binding, Domain, GenerationError, Instance, InstanceMut, Kernel, Set, episode::records::Outcome,
};
use pentathlon_gym::{
    ChannelSpec, ContextParameter, ElementType, EnvSpec, Group, ObservationSpec, Space, seeding::Random,
};

use self::walkers::rules::*;

/// Corridor as built: its specification says how many walkers there are.
#[derive(Debug)]
pub struct Corridor {
    spec: EnvSpec,
    /// One level in so many cannot be generated; 0 for none.
    pub broken: i32,
}

impl Corridor {
    pub fn new(walkers: usize, max_episode_steps: u32) -> Self {
        let observation = |name: &str, space| ObservationSpec {
            name: name.into(),
            group: Group::Policy,
            space,
            description: String::from("What a walker knows."),
        };
        let channel = |name: &str, shape: &[usize]| ChannelSpec {
            name: name.into(),
            shape: shape.to_vec(),
            description: String::from("Where a walker got to."),
        };
        let position =
            Space::Box { low: 0.0, high: LENGTH as f32, shape: vec![2], element: ElementType::I32 };
        let spec = EnvSpec {
            id: format!("Corridor-{walkers}"),
            discipline: "toy".into(),
            description: "Walk to the end.".into(),
            mission: "reach the end".into(),
            num_agents: walkers,
            action_space: Space::discrete(3),
            action_names: ["back", "stay", "forth"].map(String::from).to_vec(),
            observations: vec![
                observation("view", Space::bytes(0, 2, [3])),
                observation("position", position),
            ],
            default_observations: vec!["view".into()],
            max_episode_steps,
            reward_range: (0.0, 2.0),
            subgoals: vec!["halfway".into()],
            channels: vec![channel("cell", &[]), channel("left_and_passed", &[2])],
            context: vec![ContextParameter {
                name: "pits".into(),
                low: 0.0,
                high: 6.0,
                default: 2.0,
                integer: true,
                description: "Draws of a pit.".into(),
            }],
            options: Vec::new(),
            wgpu: true,
        };
        Self { spec, broken: 0 }
    }
}

impl Domain for Corridor {
    type State = Walkers;

    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn items(&self) -> usize {
        LENGTH as usize
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        context: &[f32],
        state: &mut Walkers,
        items: &mut [u32],
    ) -> Result<(), GenerationError> {
        items.fill(FLOOR);
        items[LENGTH as usize - 1] = GOAL;
        *state = Walkers { cells: [6, 7], slips: 0, furthest: 7 };
        if self.broken > 0 && random.int(0, self.broken) == 0 {
            return Err(GenerationError("the ground is missing".into()));
        }
        for _ in 0..context[0] as usize {
            items[random.int(0, 5) as usize] = PIT;
        }
        state.cells[0] += random.int(0, 3) as u32;
        Ok(())
    }

    #[inline]
    fn step<R: Random>(
        &self,
        random: &mut R,
        instance: InstanceMut<'_, Walkers>,
        action: &[i32],
        outcome: &mut Outcome,
        events: &mut [i32],
    ) {
        let InstanceMut { state, items, .. } = instance;
        for (agent, action) in action.iter().enumerate() {
            let slipped = random.int(0, SLIP as i32) == 0;
            state.slips += u32::from(slipped);
            let cell = walk(state.cells[agent], *action, slipped);
            state.cells[agent] = cell;
            events[agent] = event_in(cell, state.furthest);
            state.furthest = state.furthest.max(cell);
            outcome.verdict = verdict_on(items[cell as usize], outcome.verdict);
        }
    }

    #[inline]
    fn reward(&self, instance: Instance<'_, Walkers>, outcome: &Outcome, rewards: &mut [f32]) {
        for (reward, cell) in rewards.iter_mut().zip(instance.state.cells) {
            *reward = pay(cell, outcome.verdict, instance.episode.elapsed);
        }
    }

    #[inline]
    fn channel(&self, index: usize, instance: Instance<'_, Walkers>, _outcome: &Outcome, values: &mut [f32]) {
        for (row, cell) in values.chunks_mut(index + 1).zip(instance.state.cells) {
            if index == 0 {
                row[0] = cell as f32;
            } else {
                row.copy_from_slice(&[(LENGTH - 1 - cell) as f32, cell as f32]);
            }
        }
    }

    #[inline]
    fn observe(&self, form: usize, instance: Instance<'_, Walkers>, rows: &mut [u8]) {
        let walkers = self.spec.num_agents;
        if form == 1 {
            let rows: &mut [i32] = bytemuck::cast_slice_mut(rows);
            for (row, cell) in rows.chunks_mut(2).zip(instance.state.cells) {
                row.copy_from_slice(&[cell as i32, instance.episode.elapsed as i32]);
            }
            return;
        }
        for (row, cell) in rows.chunks_mut(3).zip(instance.state.cells).take(walkers) {
            for (offset, byte) in row.iter_mut().enumerate() {
                *byte = instance.items[walk(cell, offset as i32, false) as usize] as u8;
            }
        }
    }

    fn check(&self, instance: Instance<'_, Walkers>) -> Result<(), String> {
        match instance.state.cells.iter().find(|cell| **cell >= LENGTH) {
            Some(cell) => Err(format!("a walker is in cell {cell} of {LENGTH}")),
            None => Ok(()),
        }
    }

    fn mission(&self, instance: Instance<'_, Walkers>) -> String {
        format!("reach cell {} from {}", LENGTH - 1, instance.state.cells[0])
    }

    fn kernels(&self, observations: &[usize]) -> Vec<Kernel> {
        use Binding::{
            Actions, Channels, Episodes, Events, Items, Observation, Outcomes, Parameters, Rewards, States,
        };
        let kernel = |set, source: &wgsl_rs::Source, entry_point, bindings, observation| Kernel {
            set,
            source: source.wgsl_source().expect("the corridor's rules transpile"),
            entry_point,
            bindings,
            workgroup_size: 64,
            observation,
        };
        let mut kernels = vec![
            kernel(
                Set::Step,
                &kernels::step_kernel::WGSL_SOURCE,
                "step_walkers",
                &[Parameters, States, Items, Episodes, Outcomes, Actions, Events][..],
                None,
            ),
            kernel(
                Set::Reward,
                &kernels::reward_kernel::WGSL_SOURCE,
                "pay_walkers",
                &[Parameters, States, Episodes, Outcomes, Rewards, Channels],
                None,
            ),
        ];
        if observations.contains(&0) {
            kernels.push(kernel(
                Set::Observe,
                &kernels::view_kernel::WGSL_SOURCE,
                "view_walkers",
                &[Parameters, States, Items, Observation],
                Some(0),
            ));
        }
        kernels
    }
}
