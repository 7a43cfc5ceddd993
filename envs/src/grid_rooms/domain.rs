//! A grid to walk in as a domain of the batch engine.

use pentathlon_engine::{Domain, GenerationError, Instance, InstanceMut, Kernel, episode::records::Outcome};
use pentathlon_gym::{
    BuildOptions, ElementType, EnvSpec, Error, Group, ObservationSpec, Space, seeding::Random,
};

use super::{
    components::records::{NOWHERE, Walk},
    kernels,
    options::{FOUR_ROOMS, RoomsOptions},
    walking::rules::{CHANCES, EXITS_AT, coordinate, nth_exit, paid, verdict_of, walked},
};

/// Steps after which an episode is truncated, unless the options say otherwise.
const STEP_LIMIT: u32 = 1000;

/// One registered grid.
#[derive(Debug)]
pub struct GridRooms {
    options: RoomsOptions,
    free: Vec<usize>,
    constants: Vec<u32>,
    side: u32,
    scale: f32,
    time_scale: f32,
    slip: u32,
    spec: EnvSpec,
}

/// The forms of observation, in the order of the specification.
pub(super) const FORMS: usize = 4;

impl GridRooms {
    /// The grid registered as `id`, with the options of `build`.
    ///
    /// # Errors
    /// As [`RoomsOptions::read`].
    pub fn new(id: &str, build: &BuildOptions) -> Result<Self, Error> {
        let options = RoomsOptions::read(id, build)?;
        let spec = spec(id, &options, build);
        let side = options.layout.side() as u32;
        let scale = 1.0 / (side - 1) as f32;
        let time_scale = 1.0 / spec.max_episode_steps.max(1) as f32;
        let slip = (options.slip * f64::from(CHANCES)).round() as u32;
        let mut constants = vec![side, scale.to_bits(), time_scale.to_bits(), slip];
        constants.extend(options.layout.exits());
        let free = options.layout.free_cells();
        Ok(Self { options, free, constants, side, scale, time_scale, slip, spec })
    }

    /// How the grid is built.
    pub fn options(&self) -> &RoomsOptions {
        &self.options
    }

    /// The specification, by value.
    pub fn into_spec(self) -> EnvSpec {
        self.spec
    }

    fn exits(&self, cell: u32) -> u32 {
        self.constants[EXITS_AT as usize + cell as usize]
    }

    /// The cell that a context names by column and row, or a free one drawn from those other than `taken`.
    fn place<R: Random>(
        &self,
        random: &mut R,
        what: &str,
        place: &[f32],
        taken: Option<u32>,
    ) -> Result<u32, GenerationError> {
        let [x, y] = [place[0], place[1]];
        if x < 0.0 || y < 0.0 {
            loop {
                let cell = random.element(&self.free) as u32;
                if Some(cell) != taken {
                    return Ok(cell);
                }
            }
        }
        let cell = y as u32 * self.side + x as u32;
        if !self.options.layout.is_free(cell as usize) {
            return Err(GenerationError(format!("the {what} at column {x}, row {y} is inside a wall")));
        }
        Ok(cell)
    }
}

fn spec(id: &str, options: &RoomsOptions, build: &BuildOptions) -> EnvSpec {
    let form = |name: &str, space: Space, description: &str| ObservationSpec {
        name: name.into(),
        group: Group::Policy,
        space,
        description: description.into(),
    };
    let numbers =
        |low: f32, len: usize| Space::Box { low, high: 1.0, shape: vec![len], element: ElementType::F32 };
    let side = options.layout.side();
    let world = if id == FOUR_ROOMS {
        "Four rooms joined by four doors (Sutton, Precup and Singh, 1999)."
    } else {
        "An open square."
    };
    let mut default_observations = vec!["position".to_owned()];
    if options.has_goal {
        default_observations.push("goal".into());
    }
    EnvSpec {
        id: id.into(),
        discipline: "grid_rooms".into(),
        description: format!(
            "{world} A step goes up, right, down or left, or nowhere when there is a wall. A goal, if there is \
             one, pays 1 and ends the episode; nothing else pays. Start and goal are drawn at every reset \
             unless options or the context place them."
        ),
        mission: String::new(),
        num_agents: 1,
        action_space: Space::discrete(4),
        action_names: ["up", "right", "down", "left"].map(String::from).to_vec(),
        observations: vec![
            form("position", numbers(0.0, 2), "Column and row of the agent, each from 0 to 1."),
            form("goal", numbers(-1.0, 2), "Column and row of the goal, each from 0 to 1; -1 without one."),
            form("time", numbers(0.0, 1), "Steps since the reset as a part of the step limit."),
            form(
                "cell",
                Space::Box {
                    low: 0.0,
                    high: (side * side - 1) as f32,
                    shape: vec![1],
                    element: ElementType::I32,
                },
                "Number of the agent's cell, row by row.",
            ),
        ],
        default_observations,
        max_episode_steps: build.max_episode_steps.unwrap_or(STEP_LIMIT),
        reward_range: (0.0, if options.has_goal { 1.0 } else { 0.0 }),
        subgoals: Vec::new(),
        channels: Vec::new(),
        context: options.context(),
        options: RoomsOptions::specs(id),
        wgpu: true,
    }
}

impl Domain for GridRooms {
    type State = Walk;

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
        random: &mut R,
        context: &[f32],
        state: &mut Walk,
        items: &mut [u32],
    ) -> Result<(), GenerationError> {
        items.fill(0);
        *state = Walk { cell: self.free[0] as u32, goal: NOWHERE };
        let placed = |at: &[f32]| at[0] >= 0.0 && at[1] >= 0.0;
        let (start, goal) = context.split_at(2);
        if self.options.has_goal {
            // The start is drawn from the cells that the goal leaves, unless it is placed and the goal is not.
            if placed(start) && !placed(goal) {
                state.cell = self.place(random, "start", start, None)?;
                state.goal = self.place(random, "goal", goal, Some(state.cell))?;
            } else {
                state.goal = self.place(random, "goal", goal, None)?;
                state.cell = self.place(random, "start", start, Some(state.goal))?;
            }
        } else {
            state.cell = self.place(random, "start", start, None)?;
        }
        Ok(())
    }

    #[inline]
    fn step<R: Random>(
        &self,
        random: &mut R,
        instance: InstanceMut<'_, Walk>,
        action: &[i32],
        outcome: &mut Outcome,
        _events: &mut [i32],
    ) {
        let walk = instance.state;
        let exits = self.exits(walk.cell);
        let mut direction = action[0] as u32;
        if self.slip > 0 && random.int(0, CHANCES as i32) < self.slip as i32 {
            direction = nth_exit(exits, random.int(0, exits.count_ones() as i32) as u32);
        }
        walk.cell = walked(walk.cell, direction, exits, self.side);
        outcome.verdict = verdict_of(*walk);
    }

    #[inline]
    fn reward(&self, _instance: Instance<'_, Walk>, outcome: &Outcome, rewards: &mut [f32]) {
        rewards.fill(paid(outcome.verdict));
    }

    #[inline]
    fn observe(&self, form: usize, instance: Instance<'_, Walk>, rows: &mut [u8]) {
        let walk = instance.state;
        if form == 3 {
            rows.copy_from_slice(&(walk.cell as i32).to_ne_bytes());
            return;
        }
        let rows: &mut [f32] = bytemuck::cast_slice_mut(rows);
        for (part, number) in rows.iter_mut().enumerate() {
            *number = match form {
                0 => coordinate(walk.cell, part as u32, self.side, self.scale),
                1 => coordinate(walk.goal, part as u32, self.side, self.scale),
                _ => instance.episode.elapsed as f32 * self.time_scale,
            };
        }
    }

    fn check(&self, instance: Instance<'_, Walk>) -> Result<(), String> {
        let Walk { cell, goal } = *instance.state;
        if !self.options.layout.is_free(cell as usize) {
            return Err(format!("its agent is at cell {cell}, which is not free"));
        }
        if goal != NOWHERE && !self.options.layout.is_free(goal as usize) {
            return Err(format!("its goal is at cell {goal}, which is not free"));
        }
        Ok(())
    }

    fn mission(&self, _instance: Instance<'_, Walk>) -> String {
        String::new()
    }

    fn kernels(&self, observations: &[usize]) -> Vec<Kernel> {
        kernels::kernels(observations)
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_engine::Batch;
    use pentathlon_gym::{AutoresetMode, Device, OptionValue, ResetOptions, VectorEnv};

    use super::*;
    use crate::grid_rooms::OPEN;

    fn batch(id: &str, num_envs: usize, options: &[(&str, OptionValue)]) -> Batch<GridRooms> {
        let build = BuildOptions {
            num_envs,
            device: Device::Native,
            autoreset: AutoresetMode::Disabled,
            observations: vec!["position".into(), "goal".into(), "time".into(), "cell".into()],
            options: options.iter().map(|(name, value)| ((*name).into(), value.clone())).collect(),
            ..BuildOptions::default()
        };
        let mut batch = Batch::new(GridRooms::new(id, &build).unwrap(), build).unwrap();
        (&mut batch as &mut dyn VectorEnv).reset(0).unwrap();
        batch
    }

    #[test]
    fn a_walk_along_two_walls_reaches_the_goal() {
        let places = [("size", 4), ("start_x", 0), ("start_y", 3), ("goal_x", 1), ("goal_y", 2)];
        let mut options: Vec<(&str, OptionValue)> =
            places.iter().map(|&(name, place)| (name, OptionValue::Integer(place))).collect();
        options.push(("goal", true.into()));
        let mut batch = batch(OPEN, 1, &options);
        let batch: &mut dyn VectorEnv = &mut batch;
        let mut cells = Vec::new();
        for action in [3, 2, 1] {
            let step = batch.step(&[action]).unwrap();
            assert_eq!((step.reward[0], step.terminated[0]), (0.0, false));
            cells.push(step.observation["cell"].value(0));
        }
        assert_eq!(cells, [12.0, 12.0, 13.0]);
        let step = batch.step(&[0]).unwrap();
        assert_eq!((step.reward[0], step.terminated[0], step.info.success[0]), (1.0, true, true));
        assert_eq!(
            step.observation["position"].as_f32().unwrap(),
            step.observation["goal"].as_f32().unwrap()
        );
        assert_eq!(step.observation["time"].value(0), f64::from(4.0_f32 * (1.0 / 1000.0)));
    }

    #[test]
    fn a_slip_goes_to_every_free_neighbour_equally_often() {
        let mut batch = batch(FOUR_ROOMS, 3000, &[("slip", 0.75.into()), ("goal", false.into())]);
        // The upper left corner of the upper left room: free to the right and below.
        let context = [1.0, 1.0, -1.0, -1.0].repeat(3000);
        batch.reset_with(ResetOptions { context: Some(&context), ..ResetOptions::default() }).unwrap();
        let step = (&mut batch as &mut dyn VectorEnv).step(&vec![1; 3000]).unwrap();
        let right = (0..3000).filter(|&env| step.observation["cell"].value(env) == 15.0).count();
        let below = (0..3000).filter(|&env| step.observation["cell"].value(env) == 27.0).count();
        assert_eq!(right + below, 3000);
        // Right in 1/4 + 3/8 of all cases; the deviation of the count is 27.
        assert!((right as f64 - 1875.0).abs() < 130.0, "{right}");
    }

    #[test]
    fn a_place_in_a_wall_and_bad_options_are_refused() {
        let mut batch = batch(FOUR_ROOMS, 1, &[]);
        let context = [0.0, 0.0, -1.0, -1.0];
        let error = batch.reset_with(ResetOptions { context: Some(&context), ..ResetOptions::default() });
        assert!(error.unwrap_err().to_string().contains("inside a wall"));
        for (name, value) in
            [("size", 6.into()), ("slip", 1.5.into()), ("start_x", 13.into()), ("smell", 1.into())]
        {
            let options = [(name.to_owned(), value)].into();
            assert!(
                GridRooms::new(FOUR_ROOMS, &BuildOptions { options, ..BuildOptions::default() }).is_err()
            );
        }
    }
}
