//! What a task is as an environment: its specification, and the settings that its rules read.

use pentathlon_gym::{EnvSpec, Space};

use super::{
    observations::forms::Form,
    options::{MiniGridOptions, option_specs},
    rules::{settings::rules::Settings, stochastic_action::pass_limbs},
    systems::StepLimits,
    tasks::{Objective, Task},
};

/// Names of the actions in order.
const ACTION_NAMES: [&str; 7] = ["left", "right", "forward", "pickup", "drop", "toggle", "done"];

/// The specification of `task` built with `options`.
pub fn spec(task: &Task, options: &MiniGridOptions) -> EnvSpec {
    let pays_collisions = task.objective == Objective::DynamicObstacles;
    let low = if pays_collisions { -1.0 } else { 0.0 };
    let averted = if options.harmless_kinds == 0 { 0.0 } else { options.harm_cost };
    EnvSpec {
        id: task.id.into(),
        discipline: "minigrid".into(),
        description: task.description(),
        mission: task.mission_template().into(),
        num_agents: 1,
        action_space: Space::discrete(task.num_actions),
        action_names: ACTION_NAMES[..task.num_actions as usize].iter().map(|&s| s.into()).collect(),
        observations: Form::of_task(task).map(|form| form.spec(task, options)).collect(),
        default_observations: vec![Form::Image.name().into(), Form::Direction.name().into()],
        max_episode_steps: options.max_steps,
        reward_range: (low + averted.min(0.0), 1.0 + averted.max(0.0)),
        subgoals: task.subgoals().iter().map(|subgoal| subgoal.name.into()).collect(),
        channels: Vec::new(),
        context: task.context(),
        options: option_specs(task),
        wgpu: true,
    }
}

/// The step limits of `task` built with `options`: a limit that was asked for holds for every episode.
pub(super) fn step_limits(task: &Task, options: &MiniGridOptions) -> StepLimits {
    let per_walk = if options.max_steps == task.max_steps { task.steps_per_walk() } else { 0 };
    StepLimits { per_walk, longest: options.max_steps }
}

/// The settings of `task` built with `options`.
pub(super) fn settings(task: &Task, options: &MiniGridOptions) -> Settings {
    let chance = options.stochastic_action;
    let (pass_high, pass_low) = pass_limbs(chance.map_or(1.0, |chance| chance.probability));
    let replacement = chance.and_then(|chance| chance.replacement);
    let named = task.subgoals().iter().fold(0, |set, subgoal| set | 1 << subgoal.event);
    Settings {
        width: task.width,
        height: task.height,
        objective: task.objective as u32,
        obstacles: task.obstacles,
        num_actions: task.num_actions,
        view_size: options.view_size,
        see_through_walls: u32::from(task.see_through_walls),
        named_events: named,
        harmless_kinds: options.harmless_kinds,
        collision_pay: -1.0,
        harm_cost: options.harm_cost,
        is_stochastic: u32::from(chance.is_some()),
        pass_high,
        pass_low,
        replacement: replacement.map_or(-1, |action| action as i32),
    }
}
