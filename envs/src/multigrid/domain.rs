//! A multi-agent grid world as a domain of the batch engine.

use pentathlon_engine::{Domain, GenerationError, Instance, InstanceMut, Kernel, episode::records::Outcome};
use pentathlon_gym::{BuildOptions, EnvSpec, Error, Space, seeding::Random};

use super::{
    components::records::{MAX_AGENTS, NOWHERE, Team},
    kernels,
    observations::{Form, Scene},
    options::{TeamOptions, option_specs},
    rules::settings::rules::{FETCH, FORAGE, TABLE_AT, TRASH, TeamSettings, pay_of},
    systems,
    tasks::{GoalChances, Task},
};

/// One registered task with its options.
#[derive(Debug)]
pub struct MultiGrid {
    task: &'static Task,
    options: TeamOptions,
    settings: TeamSettings,
    table: Vec<f32>,
    spec: EnvSpec,
}

impl MultiGrid {
    /// The domain of `task` with the options of `build`.
    ///
    /// # Errors
    /// An option that does not exist or has a bad value.
    pub fn new(task: &'static Task, build: &BuildOptions) -> Result<Self, Error> {
        let options = TeamOptions::read(task, build)?;
        let settings = TeamSettings {
            width: task.width,
            height: task.height,
            rule: task.rule(),
            agents: task.agents,
            view_size: options.view_size,
            see_through_walls: options.see_through_walls.into(),
            num_actions: task.action_names().len() as u32,
            items: task.items,
            pays_mean: options.shared_reward.into(),
            zone_x: task.zone[0],
            zone_y: task.zone[1],
            zone_width: task.zone[2],
            zone_height: task.zone[3],
            capacity: 3,
            inverse_agents: 1.0 / task.agents as f32,
            total: task.total(),
            drop_cost: options.drop_cost as f32,
        };
        let table = table(&settings, &options);
        let spec = spec(task, &options, &settings);
        Ok(Self { task, options, settings, table, spec })
    }

    /// The task.
    pub fn task(&self) -> &Task {
        self.task
    }

    /// The specification, by value.
    pub fn into_spec(self) -> EnvSpec {
        self.spec
    }

    fn scene<'a>(&'a self, instance: &Instance<'a, Team>) -> Scene<'a> {
        let (cells, listed) = instance.items.split_at((self.task.width * self.task.height) as usize);
        Scene { settings: &self.settings, team: instance.state, cells, listed }
    }
}

/// What success pays an agent by the number of steps; in foraging the reciprocals of whole numbers up to
/// the largest product of the loading agents' levels and the sum of all food.
fn table(settings: &TeamSettings, options: &TeamOptions) -> Vec<f32> {
    if settings.rule == FORAGE {
        let levels = 2 * settings.agents;
        let largest = levels * levels * settings.items;
        return (0..=largest).map(|number| 1.0 / number.max(1) as f32).collect();
    }
    let (agents, longest) = (f64::from(settings.agents), f64::from(options.max_steps));
    let pay = |elapsed: u32| (1.0 - options.decay * (f64::from(elapsed) / longest)) / agents;
    (0..=options.max_steps).map(|elapsed| pay(elapsed) as f32).collect()
}

fn spec(task: &Task, options: &TeamOptions, settings: &TeamSettings) -> EnvSpec {
    let names = task.action_names();
    EnvSpec {
        id: task.id.into(),
        discipline: "multigrid".into(),
        description: task.description(),
        mission: task.mission().into(),
        num_agents: task.agents as usize,
        action_space: Space::discrete(names.len() as u32),
        action_names: names.iter().map(|&name| name.into()).collect(),
        observations: Form::of_task(task).iter().map(|form| form.spec(task, settings, options)).collect(),
        default_observations: Form::defaults(task),
        max_episode_steps: options.max_steps,
        reward_range: if task.zone[2] > 0 { (-0.1 - options.drop_cost as f32, 15.9) } else { (0.0, 1.0) },
        subgoals: task.subgoals().iter().map(|&name| name.into()).collect(),
        channels: Vec::new(),
        context: Vec::new(),
        options: option_specs(task),
        wgpu: true,
    }
}

impl Domain for MultiGrid {
    type State = Team;

    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn items(&self) -> usize {
        self.task.words()
    }

    fn constants(&self) -> Vec<u32> {
        let mut words: Vec<u32> = bytemuck::cast_slice(&[self.settings]).to_vec();
        words.resize(TABLE_AT as usize, 0);
        words.extend(self.table.iter().map(|number| number.to_bits()));
        words
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        _context: &[f32],
        state: &mut Team,
        items: &mut [u32],
    ) -> Result<(), GenerationError> {
        let goal = GoalChances { near: self.options.p_near, moves: self.options.p_move };
        self.task.generate(random, goal, state, items)
    }

    #[inline]
    fn step<R: Random>(
        &self,
        _random: &mut R,
        instance: InstanceMut<'_, Team>,
        action: &[i32],
        outcome: &mut Outcome,
        events: &mut [i32],
    ) {
        systems::step(&self.settings, &self.table, instance, action, outcome, events);
    }

    #[inline]
    fn reward(&self, instance: Instance<'_, Team>, _outcome: &Outcome, rewards: &mut [f32]) {
        for (agent, reward) in (0..).zip(rewards) {
            *reward = pay_of(self.settings, instance.state.paid, agent);
        }
    }

    #[inline]
    fn observe(&self, form: usize, instance: Instance<'_, Team>, rows: &mut [u8]) {
        self.scene(&instance).write(Form::of_task(self.task)[form], rows);
    }

    fn check(&self, instance: Instance<'_, Team>) -> Result<(), String> {
        let team = instance.state;
        let (width, height) = (self.task.width, self.task.height);
        for agent in 0..MAX_AGENTS as usize {
            if team.x[agent] >= width || team.y[agent] >= height || team.dir[agent] > 3 {
                return Err(format!(
                    "agent {agent} is at ({}, {}) and looks in direction {}, in a grid of {width} by {height}",
                    team.x[agent], team.y[agent], team.dir[agent]
                ));
            }
        }
        if let Some(place) = [team.goal_from, team.goal_to].into_iter().find(|place| *place >= width * height)
        {
            return Err(format!("the goal moves from or to cell {place} of {}", width * height));
        }
        let (rule, levels) = (self.settings.rule, 2 * self.settings.agents);
        let most = match rule {
            TRASH | FETCH => self.settings.capacity,
            FORAGE => 2,
            _ => u32::MAX,
        };
        if let Some(agent) = (0..MAX_AGENTS as usize).find(|&agent| team.carrying[agent] > most) {
            return Err(format!("agent {agent} carries {}, at most {most} is allowed", team.carrying[agent]));
        }
        if rule == FORAGE && team.progress > levels * self.settings.items {
            return Err(format!("food of levels {} in all is more than there can be", team.progress));
        }
        let listed = &instance.items[(width * height) as usize..];
        match listed.iter().find(|place| **place != NOWHERE && **place >= width * height) {
            Some(place) => Err(format!("an item lies at cell {place} of {}", width * height)),
            None => Ok(()),
        }
    }

    fn mission(&self, _instance: Instance<'_, Team>) -> String {
        self.task.mission().to_owned()
    }

    fn kernels(&self, observations: &[usize]) -> Vec<Kernel> {
        kernels::kernels(&self.settings, Form::of_task(self.task), observations)
    }
}
