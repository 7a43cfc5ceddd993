//! `pentathlon list`: the registered environments.

use serde::Serialize;

use super::output;

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pentathlon list
  pentathlon list doorkey
  pentathlon list --json | jq '.[].id'")]
pub struct Arguments {
    /// Only ids that contain this text; upper and lower case are the same
    filter: Option<String>,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    discipline: &'a str,
    mission: &'a str,
    max_episode_steps: u32,
    num_agents: usize,
    devices: &'static [&'static str],
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let filter = arguments.filter.as_deref().unwrap_or_default().to_lowercase();
    let entries: Vec<Entry> = pentathlon::specs()
        .filter(|spec| spec.id.to_lowercase().contains(&filter))
        .map(|spec| Entry {
            id: &spec.id,
            discipline: &spec.discipline,
            mission: &spec.mission,
            max_episode_steps: spec.max_episode_steps,
            num_agents: spec.num_agents,
            devices: if spec.wgpu { &["native", "wgpu"] } else { &["native"] },
        })
        .collect();
    if arguments.json {
        return output::print_json(&entries);
    }
    if entries.is_empty() {
        return output::print(&format!(
            "no registered id contains '{filter}'; `pentathlon list` shows all\n"
        ));
    }
    let mut rows = vec![["ID", "DEVICES", "STEPS", "MISSION"].map(String::from).to_vec()];
    rows.extend(entries.iter().map(|entry| {
        vec![
            entry.id.to_owned(),
            entry.devices.join(" "),
            entry.max_episode_steps.to_string(),
            entry.mission.to_owned(),
        ]
    }));
    output::print(&output::table(&rows))
}
