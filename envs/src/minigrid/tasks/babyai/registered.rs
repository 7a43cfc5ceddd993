//! The registered BabyAI ids with their parameters.

use super::{
    super::{Family, Objective, Task},
    BabyAi, Forms, SelectBy, Synth,
};
use crate::minigrid::{
    babyai::record::{
        INSTRUCTION_WORDS,
        records::{GO_TO, PICK_UP},
    },
    components::records::{BLUE, RED},
};

/// Everything that the grammar can say, in nine rooms, one of which may be locked.
const BOSS: Synth = Synth {
    room_size: 8,
    columns: 3,
    rows: 3,
    objects: 18,
    locked_percent: 50,
    sides: true,
    unblocking: true,
    implicit_unlock: true,
    verb: None,
    forms: Forms::All,
};

const MINI_BOSS: Synth = Synth { room_size: 5, columns: 2, rows: 2, objects: 7, locked_percent: 25, ..BOSS };

const SYNTH: Synth = Synth { sides: false, implicit_unlock: false, forms: Forms::Action, ..BOSS };

const GO_TO_SEQ: Synth =
    Synth { locked_percent: 0, sides: false, unblocking: false, verb: Some(GO_TO), ..BOSS };

const PICKUP_LOC: Synth = Synth {
    columns: 1,
    rows: 1,
    objects: 8,
    locked_percent: 0,
    unblocking: false,
    verb: Some(PICK_UP),
    forms: Forms::Action,
    ..BOSS
};

const fn task(id: &'static str, level: BabyAi) -> Task {
    let (size, columns, rows) = level.rooms();
    let grid = ((size - 1) * columns + 1, (size - 1) * rows + 1);
    let task = Task::new(id, Family::BabyAi(level), grid, level.longest_episode(), Objective::Instruction);
    Task { instruction_words: INSTRUCTION_WORDS as u32, ..task }
}

/// The registered ids.
#[rustfmt::skip]
pub(in crate::minigrid::tasks) const TASKS: [Task; 96] = [
    task("BabyAI-ActionObjDoor-v0", BabyAi::ActionObjDoor),
    task("BabyAI-BlockedUnlockPickup-v0", BabyAi::BlockedUnlockPickup),
    task("BabyAI-BossLevel-v0", BabyAi::Synth(BOSS)),
    task("BabyAI-BossLevelNoUnlock-v0", BabyAi::Synth(Synth { locked_percent: 0, implicit_unlock: false, ..BOSS })),
    task("BabyAI-FindObjS5-v0", BabyAi::FindObj { room_size: 5 }),
    task("BabyAI-FindObjS6-v0", BabyAi::FindObj { room_size: 6 }),
    task("BabyAI-FindObjS7-v0", BabyAi::FindObj { room_size: 7 }),
    task("BabyAI-GoTo-v0", BabyAi::GoTo { room_size: 8, side: 3, objects: 18, doors_open: false }),
    task("BabyAI-GoToDoor-v0", BabyAi::GoToDoor),
    task("BabyAI-GoToImpUnlock-v0", BabyAi::GoToImpUnlock),
    task("BabyAI-GoToLocal-v0", BabyAi::GoToLocal { room_size: 8, objects: 8 }),
    task("BabyAI-GoToLocalS5N2-v0", BabyAi::GoToLocal { room_size: 5, objects: 2 }),
    task("BabyAI-GoToLocalS6N2-v0", BabyAi::GoToLocal { room_size: 6, objects: 2 }),
    task("BabyAI-GoToLocalS6N3-v0", BabyAi::GoToLocal { room_size: 6, objects: 3 }),
    task("BabyAI-GoToLocalS6N4-v0", BabyAi::GoToLocal { room_size: 6, objects: 4 }),
    task("BabyAI-GoToLocalS7N4-v0", BabyAi::GoToLocal { room_size: 7, objects: 4 }),
    task("BabyAI-GoToLocalS7N5-v0", BabyAi::GoToLocal { room_size: 7, objects: 5 }),
    task("BabyAI-GoToLocalS8N2-v0", BabyAi::GoToLocal { room_size: 8, objects: 2 }),
    task("BabyAI-GoToLocalS8N3-v0", BabyAi::GoToLocal { room_size: 8, objects: 3 }),
    task("BabyAI-GoToLocalS8N4-v0", BabyAi::GoToLocal { room_size: 8, objects: 4 }),
    task("BabyAI-GoToLocalS8N5-v0", BabyAi::GoToLocal { room_size: 8, objects: 5 }),
    task("BabyAI-GoToLocalS8N6-v0", BabyAi::GoToLocal { room_size: 8, objects: 6 }),
    task("BabyAI-GoToLocalS8N7-v0", BabyAi::GoToLocal { room_size: 8, objects: 7 }),
    task("BabyAI-GoToObj-v0", BabyAi::GoToObj { room_size: 8 }),
    task("BabyAI-GoToObjDoor-v0", BabyAi::GoToObjDoor),
    task("BabyAI-GoToObjMaze-v0", BabyAi::GoTo { room_size: 8, side: 3, objects: 1, doors_open: false }),
    task("BabyAI-GoToObjMazeOpen-v0", BabyAi::GoTo { room_size: 8, side: 3, objects: 1, doors_open: true }),
    task("BabyAI-GoToObjMazeS4-v0", BabyAi::GoTo { room_size: 4, side: 3, objects: 1, doors_open: false }),
    task("BabyAI-GoToObjMazeS4R2-v0", BabyAi::GoTo { room_size: 4, side: 2, objects: 1, doors_open: false }),
    task("BabyAI-GoToObjMazeS5-v0", BabyAi::GoTo { room_size: 5, side: 3, objects: 1, doors_open: false }),
    task("BabyAI-GoToObjMazeS6-v0", BabyAi::GoTo { room_size: 6, side: 3, objects: 1, doors_open: false }),
    task("BabyAI-GoToObjMazeS7-v0", BabyAi::GoTo { room_size: 7, side: 3, objects: 1, doors_open: false }),
    task("BabyAI-GoToObjS4-v0", BabyAi::GoToObj { room_size: 4 }),
    task("BabyAI-GoToObjS6-v1", BabyAi::GoToObj { room_size: 6 }),
    task("BabyAI-GoToOpen-v0", BabyAi::GoTo { room_size: 8, side: 3, objects: 18, doors_open: true }),
    task("BabyAI-GoToRedBall-v0", BabyAi::GoToRedBall { distractors: 7, grey: false }),
    task("BabyAI-GoToRedBallGrey-v0", BabyAi::GoToRedBall { distractors: 7, grey: true }),
    task("BabyAI-GoToRedBallNoDists-v0", BabyAi::GoToRedBall { distractors: 0, grey: false }),
    task("BabyAI-GoToRedBlueBall-v0", BabyAi::GoToRedBlueBall),
    task("BabyAI-GoToSeq-v0", BabyAi::Synth(GO_TO_SEQ)),
    task("BabyAI-GoToSeqS5R2-v0", BabyAi::Synth(Synth { room_size: 5, columns: 2, rows: 2, objects: 4, ..GO_TO_SEQ })),
    task("BabyAI-KeyCorridor-v0", BabyAi::KeyCorridor { room_size: 6, rows: 3 }),
    task("BabyAI-KeyCorridorS3R1-v0", BabyAi::KeyCorridor { room_size: 3, rows: 1 }),
    task("BabyAI-KeyCorridorS3R2-v0", BabyAi::KeyCorridor { room_size: 3, rows: 2 }),
    task("BabyAI-KeyCorridorS3R3-v0", BabyAi::KeyCorridor { room_size: 3, rows: 3 }),
    task("BabyAI-KeyCorridorS4R3-v0", BabyAi::KeyCorridor { room_size: 4, rows: 3 }),
    task("BabyAI-KeyCorridorS5R3-v0", BabyAi::KeyCorridor { room_size: 5, rows: 3 }),
    task("BabyAI-KeyCorridorS6R3-v0", BabyAi::KeyCorridor { room_size: 6, rows: 3 }),
    task("BabyAI-KeyInBox-v0", BabyAi::KeyInBox),
    task("BabyAI-MiniBossLevel-v0", BabyAi::Synth(MINI_BOSS)),
    task("BabyAI-MoveTwoAcrossS5N2-v0", BabyAi::MoveTwoAcross { room_size: 5, objects: 2 }),
    task("BabyAI-MoveTwoAcrossS8N9-v0", BabyAi::MoveTwoAcross { room_size: 8, objects: 9 }),
    task("BabyAI-OneRoomS12-v0", BabyAi::OneRoom { room_size: 12 }),
    task("BabyAI-OneRoomS16-v0", BabyAi::OneRoom { room_size: 16 }),
    task("BabyAI-OneRoomS20-v0", BabyAi::OneRoom { room_size: 20 }),
    task("BabyAI-OneRoomS8-v0", BabyAi::OneRoom { room_size: 8 }),
    task("BabyAI-Open-v0", BabyAi::Open),
    task("BabyAI-OpenDoor-v0", BabyAi::OpenDoor { select_by: None, strict: false }),
    task("BabyAI-OpenDoorColor-v0", BabyAi::OpenDoor { select_by: Some(SelectBy::Color), strict: false }),
    task("BabyAI-OpenDoorDebug-v0", BabyAi::OpenDoor { select_by: None, strict: true }),
    task("BabyAI-OpenDoorLoc-v0", BabyAi::OpenDoor { select_by: Some(SelectBy::Side), strict: false }),
    task("BabyAI-OpenDoorsOrderN2-v0", BabyAi::OpenDoorsOrder { doors: 2, strict: false }),
    task("BabyAI-OpenDoorsOrderN2Debug-v0", BabyAi::OpenDoorsOrder { doors: 2, strict: true }),
    task("BabyAI-OpenDoorsOrderN4-v0", BabyAi::OpenDoorsOrder { doors: 4, strict: false }),
    task("BabyAI-OpenDoorsOrderN4Debug-v0", BabyAi::OpenDoorsOrder { doors: 4, strict: true }),
    task("BabyAI-OpenRedBlueDoors-v0", BabyAi::OpenTwoDoors { colors: Some((RED, BLUE)), strict: false }),
    task("BabyAI-OpenRedBlueDoorsDebug-v0", BabyAi::OpenTwoDoors { colors: Some((RED, BLUE)), strict: true }),
    task("BabyAI-OpenRedDoor-v0", BabyAi::OpenRedDoor),
    task("BabyAI-OpenTwoDoors-v0", BabyAi::OpenTwoDoors { colors: None, strict: false }),
    task("BabyAI-Pickup-v0", BabyAi::Pickup),
    task("BabyAI-PickupAbove-v0", BabyAi::PickupAbove),
    task("BabyAI-PickupDist-v0", BabyAi::PickupDist { strict: false }),
    task("BabyAI-PickupDistDebug-v0", BabyAi::PickupDist { strict: true }),
    task("BabyAI-PickupLoc-v0", BabyAi::Synth(PICKUP_LOC)),
    task("BabyAI-PutNextLocal-v0", BabyAi::PutNextLocal { room_size: 8, objects: 8 }),
    task("BabyAI-PutNextLocalS5N3-v0", BabyAi::PutNextLocal { room_size: 5, objects: 3 }),
    task("BabyAI-PutNextLocalS6N4-v0", BabyAi::PutNextLocal { room_size: 6, objects: 4 }),
    task("BabyAI-PutNextS4N1-v0", BabyAi::PutNext { room_size: 4, objects: 1, carrying: false }),
    task("BabyAI-PutNextS5N1-v0", BabyAi::PutNext { room_size: 5, objects: 1, carrying: false }),
    task("BabyAI-PutNextS5N2-v0", BabyAi::PutNext { room_size: 5, objects: 2, carrying: false }),
    task("BabyAI-PutNextS5N2Carrying-v0", BabyAi::PutNext { room_size: 5, objects: 2, carrying: true }),
    task("BabyAI-PutNextS6N3-v0", BabyAi::PutNext { room_size: 6, objects: 3, carrying: false }),
    task("BabyAI-PutNextS6N3Carrying-v0", BabyAi::PutNext { room_size: 6, objects: 3, carrying: true }),
    task("BabyAI-PutNextS7N4-v0", BabyAi::PutNext { room_size: 7, objects: 4, carrying: false }),
    task("BabyAI-PutNextS7N4Carrying-v0", BabyAi::PutNext { room_size: 7, objects: 4, carrying: true }),
    task("BabyAI-Synth-v0", BabyAi::Synth(SYNTH)),
    task("BabyAI-SynthLoc-v0", BabyAi::Synth(Synth { sides: true, ..SYNTH })),
    task("BabyAI-SynthS5R2-v0", BabyAi::Synth(Synth { room_size: 5, rows: 2, ..SYNTH })),
    task("BabyAI-SynthSeq-v0", BabyAi::Synth(Synth { forms: Forms::All, sides: true, ..SYNTH })),
    task("BabyAI-UnblockPickup-v0", BabyAi::UnblockPickup),
    task("BabyAI-Unlock-v0", BabyAi::Unlock),
    task("BabyAI-UnlockLocal-v0", BabyAi::UnlockLocal { distractors: false }),
    task("BabyAI-UnlockLocalDist-v0", BabyAi::UnlockLocal { distractors: true }),
    task("BabyAI-UnlockPickup-v0", BabyAi::UnlockPickup { distractors: false }),
    task("BabyAI-UnlockPickupDist-v0", BabyAi::UnlockPickup { distractors: true }),
    task("BabyAI-UnlockToUnlock-v0", BabyAi::UnlockToUnlock),
];
