//! The build options of Crafter ids.

use std::path::PathBuf;

use pentathlon_gym::{BuildOptions, Error, GeneratorKind, OptionSpec, OptionValue};

use crate::given_option::GivenOption;

use super::{
    components::{
        ACHIEVEMENT_NAMES,
        records::{
            COLLECT_DIAMOND, GOAL_ACHIEVEMENT, GOAL_ALL, GOAL_OPEN, GOAL_SURVIVE, MESSAGE_TOKENS,
            ORIGINAL_RULES, RULE_FRIENDLY_FIRE, RULE_MONSTERS, RULE_REVIVAL, RULE_TEAM,
        },
    },
    daylight::DAY_LENGTH,
    observations::image::{LARGEST_IMAGE, SMALLEST_IMAGE},
    tasks::{DAMCS_RULES, Pay, Task},
    textures::TextureSet,
};

/// World seed of the DAMCS paper's environment, at every reset.
pub const DAMCS_WORLD_SEED: u32 = 42;

/// The build options of a Crafter id, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct CrafterOptions {
    /// Steps after which an episode is cut off.
    pub max_steps: u32,
    /// Agents.
    pub agents: u32,
    /// With the reference generator: the seed of every episode's world, in place of the one that follows
    /// from the environment's seed and the episode.
    pub world_seed: Option<u32>,
    /// Whether numbers are the original's.
    pub is_reference: bool,
    /// What a step pays.
    pub pay: Pay,
    /// Whether every agent gets the sum of all rewards.
    pub shares_reward: bool,
    /// The `RULE_` bits in force.
    pub rules: u32,
    /// What a team is to achieve: a `GOAL_` number, and the step until which it is to survive or the achievement.
    pub goal: [u32; 2],
    /// Tokens of the message that every agent of the team suite sends in every step.
    pub message_tokens: u32,
    /// Different tokens.
    pub message_vocabulary: u32,
    /// Side of images in pixels.
    pub image_size: usize,
    /// Folder of the pictures that images are made of; the suite's own when there is none.
    pub textures: Option<PathBuf>,
}

impl CrafterOptions {
    /// The pictures that images are made of.
    ///
    /// # Errors
    /// When the folder lacks one, or it is damaged.
    pub fn read_textures(&self, task: &Task) -> Result<TextureSet, Error> {
        let Some(folder) = &self.textures else { return Ok(TextureSet::painted()) };
        TextureSet::read(folder).map_err(|error| Error::InvalidOption {
            id: task.id.into(),
            option: "textures".into(),
            value: format!("'{}'", folder.display()),
            allowed: format!("painted, or a folder with all pictures; {error}"),
        })
    }

    /// The options of `task` when none are given.
    pub fn new(task: &Task) -> Self {
        Self {
            max_steps: task.max_steps,
            agents: task.agents,
            world_seed: task.is_damcs().then_some(DAMCS_WORLD_SEED),
            is_reference: false,
            pay: task.pay,
            shares_reward: false,
            rules: task.rules,
            goal: [GOAL_OPEN, 0],
            message_tokens: 0,
            message_vocabulary: 16,
            image_size: 64,
            textures: None,
        }
    }

    /// Reads the options of `task` out of what a batch is built with.
    ///
    /// # Errors
    /// An option that does not exist, or a value that is not allowed.
    pub fn read(task: &Task, build: &BuildOptions) -> Result<Self, Error> {
        let mut options = Self::new(task);
        let mut days = None;
        if let Some(value) = build.options.get("rules").filter(|_| task.is_suite()) {
            let entry = GivenOption { id: task.id, name: "rules", value };
            options.rules = RULE_TEAM | entry.choice(&RULE_SETS)?;
        }
        options.is_reference = build.generator == GeneratorKind::Reference;
        if let Some(limit) = build.max_episode_steps {
            let entry =
                GivenOption { id: task.id, name: "max_episode_steps", value: &i64::from(limit).into() };
            options.max_steps = entry.whole(1, i64::from(u32::MAX - 1))? as u32;
        }
        for (name, value) in &build.options {
            let entry = GivenOption { id: task.id, name, value };
            match name.as_str() {
                "image_size" => {
                    let (smallest, largest) = (SMALLEST_IMAGE as i64, LARGEST_IMAGE as i64);
                    options.image_size = entry.whole(smallest, largest)? as usize;
                }
                "textures" => options.textures = entry.folder()?,
                "agents" if task.is_team() => {
                    options.agents = entry.whole(1, i64::from(task.most_agents))? as u32;
                }
                "world_seed" if task.is_damcs() => options.world_seed = entry.world_seed()?,
                "pay" if task.is_suite() => options.pay = entry.choice(&Pay::NAMES)?,
                "shared_reward" if task.is_suite() => options.shares_reward = entry.flag()?,
                "monsters" if task.is_suite() => options.set_rule(RULE_MONSTERS, entry.flag()?),
                "revival" if task.is_suite() => options.set_rule(RULE_REVIVAL, entry.flag()?),
                "friendly_fire" if task.is_suite() => options.set_rule(RULE_FRIENDLY_FIRE, entry.flag()?),
                "rules" if task.is_suite() => {}
                "goal" if task.is_suite() => options.goal = entry.choice(&goals())?,
                "survival_days" if task.is_suite() => days = Some((entry.whole(1, 1000)? as u32, entry)),
                "message_tokens" if task.is_suite() => {
                    options.message_tokens = entry.whole(0, i64::from(MESSAGE_TOKENS))? as u32;
                }
                "message_vocabulary" if task.is_suite() => {
                    options.message_vocabulary = entry.whole(2, 1 << 16)? as u32;
                }
                _ => {
                    let known: Vec<String> =
                        option_specs(task).into_iter().map(|option| option.name).collect();
                    return Err(entry.invalid(&format!("only the options {}", known.join(", "))));
                }
            }
        }
        options.set_survival(days, build.max_episode_steps.is_some())?;
        Ok(options)
    }

    /// Sets how long a team is to survive. The limit of steps makes room for it unless the user has set it.
    fn set_survival(&mut self, days: Option<(u32, GivenOption<'_>)>, has_limit: bool) -> Result<(), Error> {
        if self.goal[0] != GOAL_SURVIVE {
            return days.map_or(Ok(()), |(_, entry)| Err(entry.invalid("none unless the goal is survive")));
        }
        let steps = days.map_or(1, |(days, _)| days) * DAY_LENGTH;
        self.goal[1] = steps;
        match days {
            Some((_, entry)) if has_limit && steps > self.max_steps => {
                let most = self.max_steps / DAY_LENGTH;
                Err(entry
                    .invalid(&format!("days within the limit of {} steps: up to {most}", self.max_steps)))
            }
            _ => {
                self.max_steps = self.max_steps.max(if has_limit { 0 } else { steps });
                Ok(())
            }
        }
    }

    fn set_rule(&mut self, rule: u32, is_set: bool) {
        self.rules = if is_set { self.rules | rule } else { self.rules & !rule };
    }
}

/// The options as an [`EnvSpec`](pentathlon_gym::EnvSpec) lists them.
pub fn option_specs(task: &Task) -> Vec<OptionSpec> {
    let mut options: Vec<(&str, String, String)> = vec![
        (
            "image_size",
            "64".into(),
            format!("Side of images in pixels: {SMALLEST_IMAGE} to {LARGEST_IMAGE}."),
        ),
        (
            "textures",
            "painted".into(),
            "painted for the suite's own pictures, or a folder of PNG files of 16 by 16 pixels with the names of \
             the original's."
                .into(),
        ),
    ];
    if task.is_team() {
        options.push(("agents", task.agents.to_string(), format!("Agents: 1 to {}.", task.most_agents)));
    }
    if task.is_damcs() {
        options.push((
            "world_seed",
            DAMCS_WORLD_SEED.to_string(),
            "With the reference generator: seed of every episode's world, 0 to 4294967295, or episode for one \
             that follows from the batch's seed."
                .into(),
        ));
    }
    if task.is_suite() {
        let suite = [
            ("pay", "original", "What a step pays each agent: original, none, damcs or damcs_later."),
            ("shared_reward", "false", "Whether every agent gets the sum of all rewards: true or false."),
            ("monsters", "true", "Whether there are zombies and skeletons: true or false."),
            (
                "revival",
                "false",
                "Whether the dead lie where they fell and a team mate's do brings them back.",
            ),
            ("friendly_fire", "false", "Whether players can strike each other: true or false."),
            (
                "goal",
                "open",
                "What ends the episode with success: open (nothing), all, survive, diamond (as collect_diamond), or any \
                 of the subgoals, reached by one of the team.",
            ),
            ("survival_days", "1", "With the goal survive: days of 300 steps, 1 to 1000."),
            (
                "rules",
                "original",
                "original, or damcs for those of the DAMCS paper: no monsters, 999 of an item, no table for iron tools, \
                 everything moves however far away.",
            ),
            ("message_tokens", "0", "Tokens of the message that an agent sends in each step: 0 to 4."),
            ("message_vocabulary", "16", "Different tokens: 2 to 65536."),
        ];
        options.extend(suite.map(|(name, default, text)| (name, default.to_owned(), text.to_owned())));
    }
    options
        .into_iter()
        .map(|(name, default, description)| OptionSpec { name: name.into(), default, description })
        .collect()
}

/// The sets of rules that a team can play by.
const RULE_SETS: [(&str, u32); 2] = [("original", ORIGINAL_RULES), ("damcs", DAMCS_RULES)];

/// What a team can be asked to achieve, by the names that the option takes, with the achievement where it is one.
fn goals() -> Vec<(&'static str, [u32; 2])> {
    let fixed = [
        ("open", [GOAL_OPEN, 0]),
        ("all", [GOAL_ALL, 0]),
        ("survive", [GOAL_SURVIVE, 0]),
        ("diamond", [GOAL_ACHIEVEMENT, COLLECT_DIAMOND]),
    ];
    let achievements = (0..).zip(ACHIEVEMENT_NAMES).map(|(index, name)| (name, [GOAL_ACHIEVEMENT, index]));
    fixed.into_iter().chain(achievements).collect()
}

impl GivenOption<'_> {
    fn folder(&self) -> Result<Option<PathBuf>, Error> {
        match self.value {
            OptionValue::Text(text) if text == "painted" => Ok(None),
            OptionValue::Text(text) => Ok(Some(text.into())),
            _ => Err(self.invalid("painted, or the path of a folder")),
        }
    }

    fn world_seed(&self) -> Result<Option<u32>, Error> {
        match self.value {
            OptionValue::Text(text) if text == "episode" => Ok(None),
            OptionValue::Integer(value) if u32::try_from(*value).is_ok() => Ok(Some(*value as u32)),
            _ => Err(self.invalid("episode, or whole numbers from 0 to 4294967295")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crafter::registration::task;

    fn read(id: &str, options: &[(&str, OptionValue)]) -> Result<CrafterOptions, Error> {
        let options = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        CrafterOptions::read(task(id).unwrap(), &BuildOptions { options, ..BuildOptions::default() })
    }

    #[test]
    fn options_are_read() {
        let options =
            read("MultiCrafter-v1", &[("agents", 6.into()), ("world_seed", "episode".into())]).unwrap();
        assert_eq!((options.agents, options.world_seed), (6, None));
        assert_eq!(read("MultiCrafter-v1", &[]).unwrap().world_seed, Some(42));
        assert_eq!(read("CrafterReward-v1", &[]).unwrap().world_seed, None);
    }

    #[test]
    fn what_is_not_allowed_is_an_error_that_says_so() {
        let cases: [(&str, &str, OptionValue, &str); 11] = [
            ("CrafterTeam-v1", "goal", "peace".into(), "open, all, survive, diamond, collect_coal"),
            ("CrafterTeam-v1", "survival_days", 3.into(), "unless the goal is survive"),
            ("CrafterTeam-v1", "rules", "none".into(), "original, damcs"),
            ("CrafterTeam-v1", "revival", 1.into(), "true or false"),
            ("CrafterTeam-v1", "message_tokens", 5.into(), "from 0 to 4"),
            ("CrafterReward-v1", "image_size", 17.into(), "from 18 to 512"),
            ("CrafterReward-v1", "textures", 3.into(), "a folder"),
            ("MultiCrafter-v1", "agents", 17.into(), "from 1 to 16"),
            ("MultiCrafter-v1", "agents", "all".into(), "from 1 to 16"),
            ("MultiCrafter-v1", "world_seed", (-1).into(), "0 to 4294967295"),
            ("CrafterReward-v1", "agents", 2.into(), "only the options"),
        ];
        for (id, name, value, allowed) in cases {
            let message = read(id, &[(name, value)]).unwrap_err().to_string();
            assert!(message.contains(name) && message.contains(allowed), "{message}");
        }
    }
}
