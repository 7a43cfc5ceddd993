//! `pentathlon info`: the whole contract of an environment, from its specification.

use std::fmt::Write;

use pentathlon::{EnvSpec, Space};

use super::output;

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pentathlon info MiniGrid-DoorKey-8x8-v0
  pentathlon info MiniGrid-DoorKey-8x8-v0 --json")]
pub struct Arguments {
    /// Registered id; `pentathlon list` shows all
    id: String,
    /// Print the specification as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let spec = pentathlon::make(&arguments.id)?.spec();
    if arguments.json { output::print_json(spec) } else { output::print(&describe(spec)) }
}

fn describe(spec: &EnvSpec) -> String {
    let mut text = format!("{}  ({})\n\n{}\n", spec.id, spec.discipline, spec.description.trim());
    let mut section = |title: &str, body: String| {
        if !body.is_empty() {
            let _ = write!(text, "\n{title}\n{}", indented(&body));
        }
    };
    section("MISSION", spec.mission.clone());
    section("ACTIONS", actions(spec));
    section("OBSERVATIONS", observations(spec));
    section(
        "REWARD",
        format!(
            "{} to {} in one step, [num_envs, {}] f32",
            spec.reward_range.0, spec.reward_range.1, spec.num_agents
        ),
    );
    section("EPISODE", format!("truncated after {} steps", spec.max_episode_steps));
    section("SUBGOALS", numbered(&spec.subgoals));
    section("CHANNELS (of every step)", channels(spec));
    section("CONTEXT (per environment, at reset)", context(spec));
    section("OPTIONS (at build)", options(spec));
    section("DEVICES", String::from(if spec.wgpu { "native, wgpu" } else { "native" }));
    text
}

fn actions(spec: &EnvSpec) -> String {
    let mut text = format!("{} for each agent\n", space(&spec.action_space));
    text.push_str(&numbered(&spec.action_names));
    text
}

fn numbered(names: &[String]) -> String {
    let rows: Vec<_> =
        names.iter().enumerate().map(|(index, name)| vec![index.to_string(), name.clone()]).collect();
    output::table(&rows)
}

fn observations(spec: &EnvSpec) -> String {
    let rows: Vec<_> = spec
        .observations
        .iter()
        .map(|observation| {
            let selected = spec.default_observations.contains(&observation.name);
            vec![
                format!("{}{}", observation.name, if selected { " *" } else { "" }),
                format!("{:?}", observation.group).to_lowercase(),
                space(&observation.space),
                observation.description.clone(),
            ]
        })
        .collect();
    output::table(&rows) + "* selected when nothing else is asked for"
}

fn channels(spec: &EnvSpec) -> String {
    let rows: Vec<_> = spec
        .channels
        .iter()
        .map(|channel| {
            let shape: Vec<_> = std::iter::once(spec.num_agents).chain(channel.shape.clone()).collect();
            vec![channel.name.clone(), format!("f32 {shape:?}"), channel.description.clone()]
        })
        .collect();
    output::table(&rows)
}

fn context(spec: &EnvSpec) -> String {
    let rows: Vec<_> = spec
        .context
        .iter()
        .map(|parameter| {
            vec![
                parameter.name.clone(),
                format!("{} to {}", parameter.low, parameter.high),
                format!("default {}", parameter.default),
                parameter.description.clone(),
            ]
        })
        .collect();
    output::table(&rows)
}

fn options(spec: &EnvSpec) -> String {
    let rows: Vec<_> = spec
        .options
        .iter()
        .map(|option| {
            vec![option.name.clone(), format!("default {}", option.default), option.description.clone()]
        })
        .collect();
    output::table(&rows)
}

/// A space in one line, such as `Box 0..=10 u8 [7, 7, 3]`.
fn space(space: &Space) -> String {
    match space {
        Space::Discrete { n, start } => {
            format!("Discrete {start}..={}", i64::from(*start) + i64::from(*n) - 1)
        }
        Space::MultiDiscrete { n } => format!("MultiDiscrete {n:?}"),
        Space::Box { low, high, shape, element } => {
            format!("Box {low}..={high} {} {shape:?}", format!("{element:?}").to_lowercase())
        }
        Space::Dict(spaces) => {
            let parts: Vec<_> =
                spaces.iter().map(|(name, part)| format!("{name}: {}", self::space(part))).collect();
            format!("Dict {{{}}}", parts.join(", "))
        }
        Space::Text { max_words, vocabulary } => {
            format!("Text of at most {max_words} of {} words", vocabulary.len())
        }
    }
}

fn indented(text: &str) -> String {
    text.trim_end().lines().map(|line| format!("  {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_is_complete() {
        let text = describe(pentathlon::make("MiniGrid-DoorKey-8x8-v0").unwrap().spec());
        for part in [
            "MISSION",
            "ACTIONS",
            "OBSERVATIONS",
            "REWARD",
            "EPISODE",
            "SUBGOALS",
            "OPTIONS",
            "DEVICES",
            "Box 0..=",
            "forward",
            "image *",
            "key",
        ] {
            assert!(text.contains(part), "no {part} in\n{text}");
        }
    }

    #[test]
    fn spaces_show_their_bounds() {
        assert_eq!(space(&Space::discrete(7)), "Discrete 0..=6");
        assert_eq!(space(&Space::bytes(0, 10, [7, 7, 3])), "Box 0..=10 u8 [7, 7, 3]");
    }
}
