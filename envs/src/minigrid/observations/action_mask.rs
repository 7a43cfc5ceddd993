//! Which actions would make a difference: those after which the agent or the cell in front of it
//! would not be the same, or the episode would be over.

use crate::minigrid::{
    components::records::State,
    rules::{objectives::rules::makes_a_difference, settings::rules::Settings},
    systems::transition,
};

/// Writes one byte an action: 1 where it would change something or end the episode, else 0. Obstacles
/// are taken to stay where they are.
pub(crate) fn write_action_mask(settings: &Settings, state: &State, cells: &[u32], row: &mut [u8]) {
    for (action, allowed) in row.iter_mut().enumerate() {
        let step = transition(settings, *state, cells, action as u32, false);
        *allowed = u8::from(makes_a_difference(settings.objective, step));
    }
}
