//! UnlockPickup: a box behind a locked door; in the Blocked variant a ball lies before the door. Farama:
//! `minigrid.envs.UnlockPickupEnv` and `minigrid.envs.BlockedUnlockPickupEnv`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues},
    page::{PICKUP_REWARD, Page},
    subgoals::events,
};
use crate::minigrid::{
    components::records::{BALL, BOX, KEY, State, cell},
    levels::{Level, RoomGrid},
    mission::{COLORS, object_name},
};

/// The registered ids.
pub(super) const TASKS: [Task; 2] =
    [task("MiniGrid-UnlockPickup-v0", false, 288), task("MiniGrid-BlockedUnlockPickup-v0", true, 576)];

const fn task(id: &'static str, blocked: bool, max_steps: u32) -> Task {
    Task::new(id, Family::UnlockPickup(UnlockPickup { blocked }), (11, 6), max_steps, Objective::PickupTarget)
}

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnlockPickup {
    /// Whether a ball lies before the door.
    pub blocked: bool,
}

/// What a successful episode passes, with the ball.
const SUBGOALS: [Subgoal; 6] = [
    Subgoal::new(events::BALL_PICKED_UP, "ball picked up"),
    Subgoal::new(events::OBJECT_DROPPED, "object dropped"),
    Subgoal::new(events::KEY_PICKED_UP, "key picked up"),
    Subgoal::new(events::DOOR_UNLOCKED, "door unlocked"),
    Subgoal::new(events::DOORWAY_ENTERED, "doorway entered"),
    Subgoal::new(events::TARGET_PICKED_UP, "box picked up"),
];

impl Layout for UnlockPickup {
    fn page(&self) -> Page {
        Page {
            description: if self.blocked {
                "As UnlockPickup, with a ball on the cell before the locked door: the ball has to be carried \
                 away first, then the key fetched, the door unlocked, the key put down and the box in the \
                 right room picked up. A box that is opened with `toggle` is gone, and the episode can then \
                 no longer succeed. In the level's record `target_cell` is the box."
            } else {
                "Two rooms with a locked door between them. The agent and the key, which has the door's \
                 colour, are in the left room, a box is in the right one. The agent has to unlock the door, \
                 put the key down to have its hands free, and pick up the box. A box that is opened with \
                 `toggle` is gone, and the episode can then no longer succeed. In the level's record \
                 `target_cell` is the box."
            },
            mission: "pick up the {color} box",
            mission_space: "{color} is the colour of the box",
            rewards: PICKUP_REWARD,
            termination: &["the agent picks up the box"],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const UNBLOCKED: [Subgoal; 5] = [
            SUBGOALS[2],
            SUBGOALS[3],
            Subgoal::new(events::OBJECT_DROPPED, "key dropped"),
            SUBGOALS[4],
            SUBGOALS[5],
        ];
        if self.blocked { &SUBGOALS } else { &UNBLOCKED }
    }

    fn options(&self) -> Vec<LayoutOption> {
        vec![LayoutOption::distractors()]
    }

    fn mission(&self, state: &State) -> String {
        format!("pick up the {}", object_name(state.target_cell))
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        mut options: LayoutValues<'_>,
        level: &mut Level<'_>,
    ) -> Result<(), GenerationError> {
        let distractors = options.next(LayoutOption::distractors());
        let mut rooms = RoomGrid::new(random, level, 6, (2, 1));
        let target = cell(BOX, random.element(&COLORS), 0);
        let position = rooms.place_in_room(random, (1, 0), target)?;
        rooms.level().set_target(target, position);
        let door_color = random.element(&COLORS);
        let (x, y) = rooms.add_door((0, 0), 0, door_color, true);
        if self.blocked {
            let blocking = cell(BALL, random.element(&COLORS), 0);
            rooms.level().set((x - 1, y), blocking);
        }
        rooms.place_in_room(random, (0, 0), cell(KEY, door_color, 0))?;
        rooms.place_agent(random, (0, 0))?;
        rooms.add_distractors(random, distractors)
    }
}
