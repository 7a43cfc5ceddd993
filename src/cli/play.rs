//! `pentathlon play`: a person plays Crafter in the terminal. Keys are read a line at a time, so that it works
//! in every terminal and from a file; an episode can be recorded and replayed.

use std::{
    fmt::Write as _,
    io::{BufRead as _, IsTerminal},
    path::{Path, PathBuf},
};

use anyhow::Context;
use pentathlon::{
    AutoresetMode, Levels, OptionValue, VectorEnv,
    envs::crafter::{
        components::ACHIEVEMENT_NAMES,
        terminal::{draw, legend},
    },
};

use super::{
    arguments::{EnvironmentArguments, GeneratorName},
    exit::Usage,
    output,
};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Keys, one or more of them and then Enter; Enter alone repeats the last action:
  w a s d  move         e  do (collect, strike, eat, drink)      z  sleep      .  nothing
  1 stone  2 table  3 furnace  4 sapling: place
  5 6 7  make a wood, stone, iron pickaxe      8 9 0  make a wood, stone, iron sword
  q  leave

Examples:
  pentathlon play CrafterReward-v1 --seed 7
  pentathlon play CrafterReward-v1 --seed 7 --record mine.actions
  pentathlon play CrafterReward-v1 --seed 7 --replay mine.actions")]
pub struct Arguments {
    #[command(flatten)]
    environment: EnvironmentArguments,
    /// Write the actions to a file, which --replay reads; it is written anew after every line of keys
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Take the actions from a recorded file instead of the keyboard, and show the last picture
    #[arg(long, value_name = "FILE", conflicts_with = "record")]
    replay: Option<PathBuf>,
}

/// The action of each key, in the order of the actions.
const KEYS: [char; 17] =
    ['.', 'a', 'd', 'w', 's', 'e', 'z', '1', '2', '3', '4', '5', '6', '7', '8', '9', '0'];

/// A game under way.
struct Game {
    batch: Box<dyn VectorEnv>,
    actions: Vec<i32>,
    /// Numbers of one action.
    words: Vec<i32>,
    earned: f32,
    is_over: bool,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut game = Game::new(arguments)?;
    if let Some(path) = &arguments.replay {
        check_conditions(path, &conditions(&arguments.environment))?;
        let actions = read_actions(path, KEYS.len())?;
        let mut news = String::new();
        for action in actions {
            news += &game.act(action)?;
        }
        return output::print(&format!("{news}{}", game.picture()));
    }
    let mut last = 0;
    let stdin = std::io::stdin();
    // Before anybody plays, so that a file that cannot be written is known at once.
    game.record(arguments)?;
    output::print(&format!("{}\n{}", legend(), game.picture()))?;
    for line in stdin.lock().lines() {
        let line = line.context("reading the keyboard")?;
        let (keys, leaves) = line.split_once('q').map_or((&*line, false), |(keys, _)| (keys, true));
        if leaves && keys.trim().is_empty() {
            break;
        }
        let (actions, unknown) = actions_of(keys, last);
        let mut news = String::new();
        if !unknown.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(news, "no such key: {unknown} (pentathlon play --help lists them)");
        }
        for action in actions {
            news += &game.act(action)?;
            last = action;
            if game.is_over {
                break;
            }
        }
        game.record(arguments)?;
        output::print(&format!("{news}{}", game.picture()))?;
        if leaves || game.is_over {
            break;
        }
    }
    Ok(())
}

/// Under which conditions a game is played, as it would be typed: the first line of a recording.
fn conditions(arguments: &EnvironmentArguments) -> String {
    let EnvironmentArguments { id, seed, generator, levels, max_episode_steps, options, .. } = arguments;
    let mut text = format!("{id} --seed {seed}");
    // Writing to a string cannot fail.
    if generator.is_some_and(|name| name == GeneratorName::Reference) {
        text += " --generator reference";
    }
    if let Some(Levels::Fixed(count)) = levels {
        let _ = write!(text, " --levels {count}");
    }
    if let Some(limit) = max_episode_steps {
        let _ = write!(text, " --max-episode-steps {limit}");
    }
    for (name, value) in options {
        let _ = match value {
            OptionValue::Bool(value) => write!(text, " --option {name}={value}"),
            OptionValue::Integer(value) => write!(text, " --option {name}={value}"),
            OptionValue::Float(value) => write!(text, " --option {name}={value}"),
            OptionValue::Text(value) => write!(text, " --option {name}={value}"),
        };
    }
    text
}

/// Refuses a recording that was made under other conditions; one without that line is taken.
fn check_conditions(path: &Path, asked: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let recorded = text.lines().next().and_then(|line| line.strip_prefix("# "));
    match recorded.filter(|recorded| recorded.contains(" --seed ") && *recorded != asked) {
        Some(recorded) => {
            let reason = format!("{} was recorded with: pentathlon play {recorded}", path.display());
            Err(Usage(format!("{reason}; this is {asked}")).into())
        }
        None => Ok(()),
    }
}

/// The actions of a line of keys, and the keys that mean nothing.
fn actions_of(line: &str, last: i32) -> (Vec<i32>, String) {
    let keys = || line.chars().filter(|key| !key.is_whitespace());
    let action = |key: char| KEYS.iter().position(|known| *known == key).map(|index| index as i32);
    let actions: Vec<i32> = keys().filter_map(action).collect();
    let unknown: String = keys().filter(|key| action(*key).is_none()).collect();
    if keys().next().is_none() { (vec![last], unknown) } else { (actions, unknown) }
}

/// The actions of a file, one a line; what follows a `#` is a remark.
fn read_actions(path: &Path, count: usize) -> anyhow::Result<Vec<i32>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let lines = text
        .lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.split_once('#').map_or(line, |(before, _)| before).trim()));
    lines
        .filter(|(_, line)| !line.is_empty())
        .map(|(number, line)| match line.parse::<i32>() {
            Ok(action) if (0..count as i32).contains(&action) => Ok(action),
            _ => {
                let place = path.display();
                Err(Usage(format!("{place}, line {number}: '{line}' is no action, 0 to {}", count - 1))
                    .into())
            }
        })
        .collect()
}

impl Game {
    fn new(arguments: &Arguments) -> anyhow::Result<Self> {
        let mut batch = arguments
            .environment
            .builder(1)?
            .autoreset(AutoresetMode::Disabled)
            .observations(["symbolic"])
            .build()
            .map_err(|error| Usage(format!("only Crafter can be played: {error}")))?;
        let spec = batch.spec();
        if spec.discipline != "crafter" || spec.num_agents != 1 {
            return Err(Usage(format!("{}: only Crafter for one player can be played", spec.id)).into());
        }
        let words = vec![0; spec.action_space.flat_len()];
        batch.reset(None)?;
        Ok(Self { batch, actions: Vec::new(), words, earned: 0.0, is_over: false })
    }

    /// Carries out an action; says what is new.
    fn act(&mut self, action: i32) -> anyhow::Result<String> {
        if self.is_over {
            return Ok(String::new());
        }
        // Alone in a team there is nobody to give to, and nobody to tell.
        self.words.fill(0);
        self.words[0] = action;
        let step = self.batch.step(&self.words)?;
        let mut news = String::new();
        if let Some(name) =
            usize::try_from(step.info.subgoal[0]).ok().and_then(|index| ACHIEVEMENT_NAMES.get(index))
        {
            let _ = writeln!(news, "achieved: {name}");
        }
        self.earned += step.reward[0];
        self.is_over = step.ended(0);
        self.actions.push(action);
        if self.is_over {
            let _ = writeln!(news, "the episode is over after {} steps", self.actions.len());
        }
        Ok(news)
    }

    fn picture(&self) -> String {
        let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let picture = draw(self.batch.observation().fields[0].array.bytes(), color);
        format!("{picture}step {}  reward {:.1}\n", self.actions.len(), self.earned)
    }

    /// Writes the actions so far as an action file, where that was asked for.
    fn record(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let Some(path) = &arguments.record else { return Ok(()) };
        let mut text = format!("# {}\n", conditions(&arguments.environment));
        for action in &self.actions {
            let _ = writeln!(text, "{action}");
        }
        output::write_file(path, |file| Ok(file.write_all(text.as_bytes())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_actions() {
        assert_eq!(actions_of("wasd e", 0), (vec![3, 1, 4, 2, 5], String::new()));
        assert_eq!(actions_of("", 5), (vec![5], String::new()));
        assert_eq!(actions_of("w?", 5), (vec![3], "?".into()));
    }

    #[test]
    fn recorded_actions_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.actions");
        std::fs::write(&path, "# CrafterReward-v1 --seed 7\n3\n5 # do\n\n16\n").unwrap();
        assert_eq!(read_actions(&path, 17).unwrap(), [3, 5, 16]);
        std::fs::write(&path, "3\n17\n").unwrap();
        let message = read_actions(&path, 17).unwrap_err().to_string();
        assert!(message.contains("line 2: '17' is no action, 0 to 16"), "{message}");
    }
}
