//! Animations of trained policies, and the lines below pictures that say what the agents of a team are at.

use std::{path::Path, time::Duration};

use pentathlon::{
    AutoresetMode, BuildOptions, EnvSpec,
    agents::{Policy, Sight, gmah::HierarchyActor, options::DecisionProcess, play_episode_and_look},
    render::{Frame, FrameOptions, GifOptions, GifWriter, View, agent_color, drawing},
};

use super::policy::build;

/// How many episodes of the trained policy an animation shows.
const SHOWN_EPISODES: u64 = 4;
/// The most frames of an animation; what comes after is not shown.
const SHOWN_FRAMES: usize = 1000;

/// What stands for a subgoal where there is none.
const NOTHING: &str = "nothing yet";

/// The last subgoal event of every agent of one environment.
#[derive(Clone, Debug)]
pub struct Events {
    /// Indices of subgoals, -1 for none yet.
    last: Vec<i32>,
    is_shown: bool,
}

impl Events {
    /// None yet, of the agents of `spec`. They are shown for teams whose tasks have subgoals.
    pub fn new(spec: &EnvSpec) -> Self {
        let is_shown = spec.discipline == "multigrid" && !spec.subgoals.is_empty();
        Self { last: vec![-1; spec.num_agents], is_shown }
    }

    /// Takes in the subgoal events of a step of the environment, one for each agent.
    pub fn record(&mut self, events: &[i32]) {
        for (last, &event) in self.last.iter_mut().zip(events).filter(|(_, event)| **event >= 0) {
            *last = event;
        }
    }

    /// A new episode has begun.
    pub fn clear(&mut self) {
        self.last.fill(-1);
    }

    /// `frame` with a line for each agent below it, in the agent's colour where it has one: its current subgoal where the
    /// policy chooses subgoals, else the last one that it achieved. As it is where there is nothing to say. Frames of one
    /// task have one height.
    pub fn below(&self, frame: Frame, spec: &EnvSpec, caption: Option<String>) -> Frame {
        if !self.is_shown && caption.is_none() {
            return frame;
        }
        let text = |name: &dyn Fn(i32) -> String| -> String {
            let lines = (0..).zip(&self.last).map(|(agent, &event)| format!("{agent}: {}", name(event)));
            lines.collect::<Vec<_>>().join("\n")
        };
        let name_of = |event: i32| usize::try_from(event).ok().and_then(|event| spec.subgoals.get(event));
        let names = spec.subgoals.iter().map(String::as_str).chain([NOTHING]);
        let longest = names.max_by_key(|name| name.len()).unwrap_or(NOTHING);
        let lines = Frame::caption_lines(frame.width(), &text(&|_| longest.to_owned()));
        let said = caption.unwrap_or_else(|| {
            text(&|event| name_of(event).map_or_else(|| String::from(NOTHING), String::clone))
        });
        let height = frame.with_caption("", lines).height();
        let captioned = match spec.discipline == "multigrid" {
            true => {
                let lines_of: Vec<_> =
                    (0..).zip(said.lines()).map(|(n, line)| (line, agent_color(n))).collect();
                frame.with_colored_caption(&lines_of, lines)
            }
            false => frame.with_caption(&said, lines),
        };
        let mut cut = Frame::filled(captioned.width(), height, [0; 3]);
        cut.paste(&captioned, 0, 0);
        cut
    }
}

fn gif_options() -> GifOptions {
    GifOptions { delay: Duration::from_millis(120), ..GifOptions::default() }
}

/// A picture of a hierarchy in a batch of one environment, with the subgoal of every agent below it.
///
/// # Errors
/// An environment that has no drawing.
pub fn hierarchy_frame(actor: &HierarchyActor, options: &FrameOptions) -> anyhow::Result<Frame> {
    let env = actor.runner().primitive().env();
    let spec = env.spec();
    let frame = drawing(env)?.frame(0, options)?;
    let pursued = (0..).zip(actor.subgoals()).map(|(agent, &subgoal): (usize, _)| {
        let name = usize::try_from(subgoal).ok().and_then(|subgoal| spec.subgoals.get(subgoal));
        format!("{agent}: {}", name.map_or(NOTHING, String::as_str))
    });
    let caption = pursued.collect::<Vec<_>>().join("\n");
    Ok(Events::new(spec).below(frame, spec, Some(caption)))
}

/// Writes an animation of a hierarchy in a batch of one environment, with the subgoal of every agent below each
/// picture; nothing where the environment has no drawing.
pub fn animate_hierarchy(actor: &mut HierarchyActor, path: &Path) -> anyhow::Result<()> {
    let env = actor.runner().primitive().env();
    if drawing(env).is_err() {
        tracing::info!("{} has no drawing; no animation is written", env.spec().id);
        return Ok(());
    }
    let options = FrameOptions::default();
    let mut gif = GifWriter::create(path, gif_options(), hierarchy_frame(actor, &options)?)?;
    let (mut shown, mut episodes) = (1, 0);
    while shown < SHOWN_FRAMES && episodes < SHOWN_EPISODES {
        actor.step()?;
        gif.add(hierarchy_frame(actor, &options)?)?;
        shown += 1;
        episodes += actor.runner().episodes().len() as u64;
    }
    Ok(gif.finish()?)
}

/// Writes an animation of `policy` on the levels of `options`; nothing where environments of `id` have no drawing.
pub fn animate(policy: &mut dyn Policy, id: &str, options: &BuildOptions, path: &Path) -> anyhow::Result<()> {
    let seed = options.seed;
    let options = BuildOptions { num_envs: 1, autoreset: AutoresetMode::Disabled, ..options.clone() };
    let mut batch = build(id, &options)?;
    batch.reset(seed)?;
    if drawing(&*batch).is_err() {
        tracing::info!("{id} has no drawing; no animation is written");
        return Ok(());
    }
    // A grid is shown as a whole; of a large world, what the agents see.
    let frame_options = match batch.spec().discipline.as_str() {
        "crafter" => FrameOptions { tile_size: 14, view: View::Agent, highlight: false },
        _ => FrameOptions::default(),
    };
    let mut events = Events::new(batch.spec());
    let mut shown = 0;
    let mut gif: Option<GifWriter> = None;
    for episode in 0..SHOWN_EPISODES {
        if shown >= SHOWN_FRAMES {
            break;
        }
        events.clear();
        let mut look = |Sight { batch, events: subgoals, caption }: Sight<'_>| -> anyhow::Result<()> {
            shown += 1;
            if shown > SHOWN_FRAMES {
                return Ok(());
            }
            events.record(subgoals);
            let frame = drawing(batch)?.frame(0, &frame_options)?;
            let frame = events.below(frame, batch.spec(), caption);
            match &mut gif {
                Some(gif) => gif.add(frame)?,
                None => gif = Some(GifWriter::create(path, gif_options(), frame)?),
            }
            Ok(())
        };
        play_episode_and_look(policy, &mut *batch, seed.wrapping_add(episode), &mut look)?;
    }
    gif.map_or(Ok(()), |gif| Ok(gif.finish()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_agent_of_a_team_has_a_line() {
        let spec = pentathlon::registry().get("MultiGrid-TrashGrid-v2").unwrap();
        let mut events = Events::new(spec);
        let frame = || Frame::filled(120, 40, [9; 3]);
        let nothing = events.below(frame(), spec, None);
        assert!(nothing.height() > 40 && nothing.width() == 120);
        events.record(&[1, -1, 3]);
        events.record(&[-1, -1, 0]);
        assert_eq!(events.last, [1, -1, 0]);
        let shown = events.below(frame(), spec, None);
        assert_eq!(shown.height(), nothing.height());
        for agent in 0..3 {
            let color = agent_color(agent);
            assert!(shown.rgb().chunks(3).any(|pixel| pixel == color), "the line of agent {agent}");
        }
        assert_ne!(shown.rgb(), nothing.rgb());
        assert_ne!(events.below(frame(), spec, Some("0: key".into())).rgb(), shown.rgb());
        events.clear();
        assert_eq!(events.below(frame(), spec, None).rgb(), nothing.rgb());
        let alone = pentathlon::registry().get("MiniGrid-Empty-5x5-v0").unwrap();
        assert_eq!(Events::new(alone).below(frame(), alone, None).height(), 40);
    }
}
