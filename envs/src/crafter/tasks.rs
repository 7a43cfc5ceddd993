//! The registered ids: what each pays, and who plays.

use super::components::records::{
    ORIGINAL_RULES, PAY_DAMCS, PAY_DAMCS_LATER, PAY_NOTHING, PAY_ORIGINAL, RULE_MONSTERS, RULE_TEAM,
};

/// What a step pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pay {
    /// The original's: a tenth of the change of health, and 1 when an achievement is unlocked in this
    /// episode for the first time.
    Original,
    /// Nothing.
    Nothing,
    /// That of the DAMCS paper's environment; see [`rules::team`](super::rules::team).
    Damcs,
    /// That of the later repository of its authors.
    DamcsLater,
}

impl Pay {
    /// All kinds, with the names that options take.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("original", Self::Original),
        ("none", Self::Nothing),
        ("damcs", Self::Damcs),
        ("damcs_later", Self::DamcsLater),
    ];

    /// Its number in the rules.
    pub fn code(self) -> u32 {
        match self {
            Self::Original => PAY_ORIGINAL,
            Self::Nothing => PAY_NOTHING,
            Self::Damcs => PAY_DAMCS,
            Self::DamcsLater => PAY_DAMCS_LATER,
        }
    }
}

/// One registered id.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Task {
    /// The id.
    pub id: &'static str,
    /// What it pays.
    pub pay: Pay,
    /// Agents when no option says how many.
    pub agents: u32,
    /// The most agents.
    pub most_agents: u32,
    /// Steps after which an episode is cut off.
    pub max_steps: u32,
    /// The `RULE_` bits in force.
    pub rules: u32,
}

/// Rules of the DAMCS paper's environment: no zombies and skeletons, everything acts everywhere, a furnace
/// is enough for iron tools, and much can be carried.
pub const DAMCS_RULES: u32 = 0;

const _: () = assert!(DAMCS_RULES & RULE_MONSTERS == 0);

/// All registered ids, in order.
pub const TASKS: [Task; 4] = [
    Task { id: "CrafterNoReward-v1", pay: Pay::Nothing, ..CRAFTER },
    CRAFTER,
    Task {
        id: "CrafterTeam-v1",
        pay: Pay::Original,
        agents: 4,
        most_agents: 16,
        max_steps: 10_000,
        rules: ORIGINAL_RULES | RULE_TEAM,
    },
    Task {
        id: "MultiCrafter-v1",
        pay: Pay::Damcs,
        agents: 2,
        most_agents: 16,
        max_steps: 10_000,
        rules: DAMCS_RULES,
    },
];

/// The original game.
const CRAFTER: Task = Task {
    id: "CrafterReward-v1",
    pay: Pay::Original,
    agents: 1,
    most_agents: 1,
    max_steps: 10_000,
    rules: ORIGINAL_RULES,
};

impl Task {
    /// Whether it is the DAMCS paper's environment.
    pub fn is_damcs(&self) -> bool {
        self.pay == Pay::Damcs
    }

    /// Whether it is the team suite.
    pub fn is_suite(&self) -> bool {
        self.rules & RULE_TEAM != 0
    }

    /// Whether it is one of the games for a team.
    pub fn is_team(&self) -> bool {
        self.is_damcs() || self.is_suite()
    }

    /// The id, its world and its goal in a few sentences.
    pub fn description(&self) -> String {
        let world = "a world of 64 by 64 tiles with grassland, forests, lakes, mountains and caves";
        if self.is_suite() {
            return format!(
                "Crafter for a team: players in {world} look for food, water and shelter, fight zombies and \
                 skeletons, collect materials and make tools. The action share gives an item to a team mate, and \
                 every step a player can send a short message that all see before the next. Options set how many \
                 play, what is paid and whether the team shares it, whether the dead can be brought back, whether \
                 players can hurt each other, and what the team is to achieve. The episode ends with success when \
                 the goal is reached, without it when all are dead."
            );
        }
        let pay = match self.pay {
            Pay::Original => {
                "A step pays a tenth of the change of health, and 1 when at least one achievement is \
                 unlocked for the first time in the episode."
            }
            Pay::Nothing => "Nothing is paid: agents have to find their own goals.",
            Pay::Damcs | Pay::DamcsLater => {
                return format!(
                    "Crafter for a team, as in the DAMCS paper (arXiv 2502.05453): players in {world} collect \
                     materials and make tools until one of them mines a diamond. There are no monsters. A step \
                     pays each agent for what happened in the step before: 0 for nothing, 3 for a move, 1 for \
                     another action; 10 times a weight for achievements that are new to the team; 10 times a \
                     weight for each material of which the agent has more. The action share does nothing, as there (CrafterTeam-v1 with the option rules=damcs has one that \
                     gives). Agents leave when they are dead. The \
                     episode ends with success when an agent has collected a diamond, or when all are dead."
                );
            }
        };
        format!(
            "Crafter: one player in {world} looks for food, water and shelter, fights zombies and skeletons, \
             collects materials and makes tools, up to the iron pickaxe that mines a diamond. There are 22 \
             achievements. {pay} The episode ends when health reaches 0, and is cut off after the step limit."
        )
    }
}
