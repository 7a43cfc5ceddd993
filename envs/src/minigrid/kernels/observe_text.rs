//! The Observe set for what the agent is told: the mission's words, and the flat vector of image and
//! characters.

/// The form `mission`: one word a token, from the table.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod mission_kernel {
    use super::super::columns::storage::*;
    use crate::minigrid::components::records::*;
    use crate::minigrid::rules::numbering::rules::*;
    use crate::minigrid::rules::settings::rules::*;
    use wgsl_rs::std::*;

    /// Where the entry of the mission of `state` begins among the constants.
    pub fn mission_place(state: State) -> u32 {
        let table = get!(CONSTANTS)[MISSIONS_AT_WORD];
        table + MISSIONS + get!(CONSTANTS)[table + mission_number(state)] * MISSION_WORDS
    }

    #[compute]
    #[workgroup_size(64)]
    pub fn write_missions(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let place = mission_place(get!(STATES)[env]);
        for token in 0..50u32 {
            get_mut!(ROWS)[env * MISSION_TOKENS + token] = get!(CONSTANTS)[place + token];
        }
    }
}

/// The form `flat`: the bytes of the image, then a one-hot byte vector for each character.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod flat_kernel {
    use super::super::columns::storage::*;
    use super::super::observe_view::viewing::*;
    use super::mission_kernel::*;
    use crate::minigrid::rules::encoding::rules::*;
    use crate::minigrid::rules::numbering::rules::*;
    use wgsl_rs::std::*;

    /// Byte `at` of the one-hot characters of the mission whose entry is at `mission`.
    pub fn character_byte(mission: u32, at: u32) -> u32 {
        let character = at / CHARACTER_CLASSES;
        if character >= MISSION_CHARACTERS {
            return 0u32;
        }
        let four = get!(CONSTANTS)[mission + MISSION_TOKENS + character / 4u32];
        let index = (four >> (8u32 * (character % 4u32))) & 255u32;
        select(0u32, 1u32, index == at % CHARACTER_CLASSES)
    }

    #[compute]
    #[workgroup_size(64)]
    pub fn write_flats(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let first = env * get!(PARAMETERS).items;
        let state = get!(STATES)[env];
        let mission = mission_place(state);
        let mut visible: [u32; 31] = [0u32; 31];
        find_visible(settings, first, state, &mut visible);
        let image = settings.view_size * settings.view_size * 3u32;
        let words = (image + MISSION_CHARACTERS * CHARACTER_CLASSES + 3u32) / 4u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for word in 0..words {
            let mut bytes = 0u32;
            for byte in 0..4u32 {
                let at = 4u32 * word + byte;
                if at < image {
                    let seen = triple(seen_cell(settings, first, state, &mut visible, at / 3u32));
                    bytes |= ((seen >> (8u32 * (at % 3u32))) & 255u32) << (8u32 * byte);
                } else {
                    bytes |= character_byte(mission, at - image) << (8u32 * byte);
                }
            }
            get_mut!(ROWS)[env * words + word] = bytes;
        }
    }
}
