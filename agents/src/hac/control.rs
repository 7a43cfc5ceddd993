//! Goals under way: which level of which environment is after what, when a level has done its part, and what there is
//! to learn from it.

use pentathlon_gym::seeding::{Random, philox::Philox};

use super::{Experience, GoalSpace, Hierarchy};
use crate::qmix::best_choice;

/// What one level of one environment is doing.
#[derive(Clone, Debug, Default)]
struct Task {
    goal: usize,
    /// Steps made for this goal.
    used: u32,
    /// Where the step under way began, and what was chosen; `None` between two steps.
    step: Option<(usize, usize)>,
    /// Whether the choice is a subgoal under test.
    tested: bool,
    /// Steps made for this goal.
    trail: Vec<Experience>,
}

/// The levels of every environment of a batch.
#[derive(Clone, Debug)]
pub struct Control {
    /// `[environments][levels]`.
    tasks: Vec<Vec<Task>>,
    /// Whether the hierarchy explores and learns from what is observed.
    learns: bool,
    random: Philox,
}

impl Control {
    /// Control of `num_envs` environments by `levels` levels. One that `learns` explores, tests subgoals and
    /// remembers; any other is greedy.
    pub fn new(num_envs: usize, levels: usize, learns: bool, random: Philox) -> Self {
        Self { tasks: vec![vec![Task::default(); levels]; num_envs], learns, random }
    }

    /// An episode begins in environment `env`, whose goal is `goal`.
    pub fn begin(&mut self, env: usize, goal: usize) {
        let tasks = &mut self.tasks[env];
        tasks.iter_mut().for_each(|task| *task = Task::default());
        if let Some(top) = tasks.last_mut() {
            top.goal = goal;
        }
    }

    /// The subgoal that the lowest level of environment `env` is after.
    pub fn lowest_goal(&self, env: usize) -> usize {
        self.tasks[env][0].goal
    }

    /// Chooses an action for every environment whose flag is set, and new subgoals where they are due. `states` are those
    /// of all environments.
    pub fn act<S: GoalSpace>(
        &mut self,
        hierarchy: &Hierarchy<S>,
        states: &[usize],
        active: &[bool],
        actions: &mut [i32],
    ) {
        let config = hierarchy.config();
        for level in (0..config.levels).rev() {
            let due: Vec<usize> = (0..states.len())
                .filter(|&env| active[env] && self.tasks[env][level].step.is_none())
                .collect();
            if due.is_empty() {
                continue;
            }
            let situations: Vec<_> =
                due.iter().map(|&env| (states[env], self.tasks[env][level].goal)).collect();
            let values = hierarchy.values(level, &situations);
            let choices = values.len() / due.len();
            for (&env, values) in due.iter().zip(values.chunks_exact(choices)) {
                let state = states[env];
                let available = hierarchy.available(level, state);
                let under_test = self.tasks[env][level + 1..].iter().any(|task| task.tested);
                let explores = self.learns && !under_test;
                let choice = if explores && self.random.float() < config.epsilon {
                    let allowed: Vec<usize> = (0..choices).filter(|&choice| available[choice] == 1).collect();
                    self.random.element(&allowed)
                } else {
                    best_choice(values, &available)
                };
                let tested = level > 0 && explores && self.random.float() < config.test_chance;
                let task = &mut self.tasks[env][level];
                (task.step, task.tested) = (Some((state, choice)), tested);
                match level {
                    0 => actions[env] = choice as i32,
                    _ => self.tasks[env][level - 1] = Task { goal: choice, ..Task::default() },
                }
            }
        }
    }

    /// Takes note of where the action of environment `env` led, and whether the episode ended there: levels that have
    /// reached their goal or used up their steps hand over to the level above.
    pub fn observe<S: GoalSpace>(
        &mut self,
        hierarchy: &mut Hierarchy<S>,
        env: usize,
        reached: usize,
        ended: bool,
    ) {
        let levels = self.tasks[env].len();
        for level in 0..levels {
            let task = &mut self.tasks[env][level];
            let Some((state, choice)) = task.step.take() else { return };
            let experience = Experience { state, choice, reached };
            let (goal, tested) = (task.goal, std::mem::take(&mut task.tested));
            task.used += 1;
            // In hindsight the state that was reached was the one to be reached.
            let hindsight =
                if level == 0 { experience } else { Experience { choice: reached, ..experience } };
            // Staying where it is cannot be chosen, so it is nothing to learn.
            let counts = level == 0 || reached != state;
            if counts {
                task.trail.push(hindsight);
            }
            let used = task.used;
            if self.learns {
                if counts {
                    hierarchy.remember(level, goal, hindsight);
                }
                if tested && reached != choice {
                    hierarchy.remember_miss(level, goal, experience);
                }
            }
            let above = self.tasks[env][level + 1..].iter().any(|task| task.goal == reached);
            let done = reached == goal || above || ended || used >= hierarchy.config().steps(level);
            if !done {
                return;
            }
            self.relabel(hierarchy, env, level);
            self.tasks[env][level].used = 0;
        }
    }

    /// Hindsight goals: what was done for a goal was the way to some of the states that were reached instead.
    fn relabel<S: GoalSpace>(&mut self, hierarchy: &mut Hierarchy<S>, env: usize, level: usize) {
        let trail = std::mem::take(&mut self.tasks[env][level].trail);
        if !self.learns || trail.is_empty() {
            return;
        }
        for drawn in 0..hierarchy.config().hindsight_goals {
            // The last state for certain, and others at random.
            let end = match drawn {
                0 => trail.len() - 1,
                _ => self.random.int(0, trail.len() as i32) as usize,
            };
            let goal = trail[end].reached;
            for experience in trail[..=end].iter().filter(|experience| experience.state != goal) {
                hierarchy.remember(level, goal, *experience);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{HacConfig, study::Rooms};
    use super::*;
    use crate::random::{Purpose, stream};
    use pentathlon_envs::grid_rooms::layout::Layout;

    fn hierarchy(levels: usize) -> Hierarchy<Rooms> {
        let config = HacConfig { levels, horizon: 3, test_chance: 1.0, epsilon: 0.0, ..HacConfig::default() };
        Hierarchy::new(Rooms::new(Layout::open(6)), config, 1).unwrap()
    }

    fn control(levels: usize) -> Control {
        Control::new(1, levels, true, stream(3, Purpose::Actions))
    }

    #[test]
    fn a_level_hands_over_when_it_is_there_or_out_of_steps() {
        let (mut hierarchy, mut control) = (hierarchy(2), control(2));
        control.begin(0, 35);
        let mut actions = [0];
        control.act(&hierarchy, &[14], &[true], &mut actions);
        let first = control.lowest_goal(0);
        assert_ne!(first, 14);
        // Wherever else it goes, it is after the same subgoal for three steps.
        let elsewhere: Vec<usize> = (15..20).filter(|cell| *cell != first).take(3).collect();
        for (step, &reached) in elsewhere.iter().enumerate() {
            assert_eq!((control.tasks[0][1].used, control.lowest_goal(0)), (0, first), "step {step}");
            control.observe(&mut hierarchy, 0, reached, false);
            control.act(&hierarchy, &[reached], &[true], &mut actions);
        }
        assert_eq!(control.tasks[0][1].used, 1);
        // The test of the subgoal was missed: that, and the hindsight action with its hindsight goals.
        assert_eq!(hierarchy.experience(1), 2);
    }

    #[test]
    fn reaching_the_goal_of_a_higher_level_ends_the_levels_below() {
        let (mut hierarchy, mut control) = (hierarchy(3), control(3));
        control.begin(0, 20);
        control.act(&hierarchy, &[14], &[true], &mut [0]);
        control.observe(&mut hierarchy, 0, 20, true);
        assert!(control.tasks[0].iter().all(|task| task.step.is_none() && task.trail.is_empty()));
    }

    #[test]
    fn a_greedy_control_leaves_no_trace() {
        let (mut hierarchy, mut control) = (hierarchy(2), control(2));
        control.learns = false;
        control.begin(0, 35);
        control.act(&hierarchy, &[0], &[true], &mut [0]);
        for reached in [1, 2, 3] {
            control.observe(&mut hierarchy, 0, reached, false);
            control.act(&hierarchy, &[reached], &[true], &mut [0]);
        }
        assert_eq!((hierarchy.experience(0), hierarchy.experience(1)), (0, 0));
    }
}
