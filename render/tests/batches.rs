//! Pictures of real batches: the recorded tiles and frames of Farama Minigrid 3.2.0, wrapped batches, contact
//! sheets, and what is said of batches that cannot be drawn.

use std::{any::Any, fs::File, io::Read, path::Path};

use pentathlon_envs::minigrid::{
    components::records::{EMPTY, cell},
    render::Tile,
};
use pentathlon_gym::{
    Actions, BuildOptions, Device, EnvSpec, Error, GeneratorKind, Observation, OptionValue, ResetOptions,
    Snapshot, Step, VectorEnv,
    wrappers::{RecordEpisodes, ScaleReward},
};
use pentathlon_render::{
    AnsiOptions, Frame, FrameOptions, GifOptions, RenderError, Status, View, contact_sheet, drawing,
    read_recordings, replay_frames, write_gif, write_recordings,
};
use serde_json::Value;

fn batch(id: &str, num_envs: usize, generator: GeneratorKind) -> Box<dyn VectorEnv> {
    build(id, BuildOptions { num_envs, generator, ..BuildOptions::default() })
}

fn build(id: &str, options: BuildOptions) -> Box<dyn VectorEnv> {
    let options = BuildOptions { device: Device::Native, threads: 1, ..options };
    pentathlon_envs::registry().make(id, &options).unwrap_or_else(|error| panic!("{id}: {error}"))
}

/// As the frames were recorded: episodes go on after the agent has walked into lava, a ball, a goal or a wall.
fn batch_that_never_ends(id: &str) -> Box<dyn VectorEnv> {
    let no_death = ("no_death".into(), OptionValue::from("lava,ball,goal,wall"));
    let generator = GeneratorKind::Reference;
    build(id, BuildOptions { generator, options: [no_death].into(), ..BuildOptions::default() })
}

/// The lines of a recording, as JSON.
fn recorded(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/minigrid/render").join(name);
    let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut text = String::new();
    ruzstd::decoding::StreamingDecoder::new(file)
        .expect("a zstd stream")
        .read_to_string(&mut text)
        .expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// FNV-1a, 64 bits, in hexadecimal.
fn fnv(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[test]
fn tiles_are_those_of_farama() {
    let recordings = recorded("tiles.jsonl.zst");
    for recording in &recordings {
        let object = recording["obj"].as_array().map_or(EMPTY, |triple| {
            let index = |at: usize| triple[at].as_u64().expect("an index") as u32;
            cell(index(0), index(1), index(2))
        });
        let tile = Tile {
            object,
            agent: recording["agent_dir"].as_u64().map(|direction| direction as u32),
            highlight: recording["highlight"].as_bool().expect("a flag"),
        };
        let size = recording["tile_size"].as_u64().expect("a size") as usize;
        let mut pixels = vec![0; size * size * 3];
        tile.paint(size, &mut pixels);
        assert_eq!(fnv(&pixels), recording["fnv"], "{tile:?} at {size} pixels");
    }
    assert_eq!(recordings.len(), 402, "recorded tiles compared");
}

#[test]
fn frames_are_those_of_farama() {
    let mut compared = 0;
    for recording in recorded("frames.jsonl.zst") {
        let id = recording["id"].as_str().expect("an id");
        if id.starts_with("BabyAI") {
            continue;
        }
        let mut batch = batch_that_never_ends(id);
        batch.reset(recording["seed"].as_u64()).unwrap();
        let actions = batch.spec().action_names.len() as i64;
        for action in recording["actions"].as_array().expect("actions") {
            let action = action.as_i64().expect("an action");
            // Farama's Dynamic-Obstacles takes actions that it does not have for the first one.
            let action = if action < actions { action as i32 } else { 0 };
            let step = batch.step(&[action]).unwrap();
            assert!(!step.terminated[0] && !step.truncated[0], "{recording}");
        }
        let agent_view = recording["agent_pov"] == true;
        let options = FrameOptions {
            tile_size: recording["tile_size"].as_u64().expect("a size") as usize,
            view: if agent_view { View::Agent } else { View::World },
            highlight: recording["highlight"] == true,
        };
        let frame = drawing(&*batch).unwrap().frame(0, &options).unwrap();
        let size = (frame.width() as u64, frame.height() as u64);
        assert_eq!(size.0, recording["width"], "{recording}");
        assert_eq!(size.1, recording["height"], "{recording}");
        assert_eq!(fnv(frame.rgb()), recording["fnv"], "{recording}");
        compared += 1;
    }
    println!("{compared} frames compared");
    assert_eq!(compared, 60);
}

#[test]
fn a_contact_sheet_shows_the_first_environments() {
    let mut batch = batch("MiniGrid-Empty-Random-5x5-v0", 6, GeneratorKind::Fast);
    batch.reset(3).unwrap();
    let drawing = drawing(&*batch).unwrap();
    let options = FrameOptions { tile_size: 4, ..FrameOptions::default() };
    let statuses = [Status::Success; 6];
    let sheet = contact_sheet(&*drawing, 4, &options, Some(&statuses)).unwrap();
    let frame = drawing.frame(0, &options).unwrap();
    assert_eq!(sheet.pixel(2, 2), frame.pixel(0, 0));
    assert_eq!(sheet.pixel(2, 2 + frame.height()), Some(Status::Success.color()));
    assert!(sheet.width() < 3 * frame.width() && sheet.height() < 3 * frame.height());

    let all = contact_sheet(&*drawing, 100, &options, None).unwrap();
    assert!(all.width() > sheet.width());
    assert!(matches!(contact_sheet(&*drawing, 0, &options, None), Err(RenderError::NoFrames(_))));
}

#[test]
fn an_episode_becomes_an_animation() {
    let mut batch = batch("MiniGrid-DoorKey-5x5-v0", 1, GeneratorKind::Fast);
    batch.reset(1).unwrap();
    let options = FrameOptions { tile_size: 8, ..FrameOptions::default() };
    let mut frames = Vec::new();
    for action in [2, 1, 2, 0, 2, 3, 5] {
        batch.step(&[action]).unwrap();
        let frame = drawing(&*batch).unwrap().frame(0, &options).unwrap();
        frames.push(frame.with_caption("step", 1));
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("episode.gif");
    write_gif(&path, GifOptions::default(), frames).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.starts_with(b"GIF89a") && bytes.len() < 20_000, "{} bytes", bytes.len());
}

#[test]
fn a_recording_is_kept_and_played_again() {
    let id = "MiniGrid-DoorKey-5x5-v0";
    let recorder = batch(id, 2, GeneratorKind::Fast);
    let mut recorder = RecordEpisodes::wrap(recorder, &[1], 1000).unwrap();
    recorder.reset_with(ResetOptions { seed: Some(4), ..ResetOptions::default() }).unwrap();
    let options = FrameOptions { tile_size: 5, ..FrameOptions::default() };
    let mut expected = vec![drawing(&recorder).unwrap().frame(1, &options).unwrap()];
    for action in [2, 1, 2, 0, 2, 3, 5, 2] {
        recorder.step_with((&[0, action]).into()).unwrap();
        expected.push(drawing(&recorder).unwrap().frame(1, &options).unwrap());
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("episodes.jsonl");
    let recording = recorder.transform().recording().clone();
    write_recordings(&path, &[recording.clone(), recording.clone()]).unwrap();
    let read = read_recordings(&path).unwrap();
    assert_eq!(read, [recording.clone(), recording]);

    let mut frames = Vec::new();
    let mut again = batch(id, 2, GeneratorKind::Fast);
    replay_frames(&read[0], &mut *again, 1, &options, |frame| {
        frames.push(frame);
        Ok(())
    })
    .unwrap();
    assert!(frames == expected, "the replay looks as the episode did");

    let mut text = std::fs::read_to_string(&path).unwrap();
    text.truncate(text.len() - 20);
    std::fs::write(&path, text).unwrap();
    let error = read_recordings(&path).unwrap_err().to_string();
    assert!(error.contains("episodes.jsonl") && error.contains("line 2"), "{error}");
}

#[test]
fn terminal_text_tells_the_mission() {
    let mut batch = batch("MiniGrid-Empty-5x5-v0", 1, GeneratorKind::Reference);
    batch.reset(0).unwrap();
    let options = AnsiOptions { color: false, ..AnsiOptions::default() };
    let text = drawing(&*batch).unwrap().ansi(0, &options).unwrap();
    assert_eq!(
        text,
        "WEWEWEWEWE\nWE>> . .WE\nWE . . .WE\nWE . .GGWE\nWEWEWEWEWE\n\
         mission: get to the green goal square\nGG green goal\n"
    );
}

#[test]
fn what_cannot_be_drawn_is_an_error_that_says_why() {
    let mut batch = batch("MiniGrid-Empty-5x5-v0", 2, GeneratorKind::Fast);
    let error = drawing(&*batch).unwrap().frame(0, &FrameOptions::default()).unwrap_err();
    assert!(error.to_string().contains("reset it first"), "{error}");

    batch.reset(0).unwrap();
    let drawn = drawing(&*batch).unwrap();
    let error = drawn.frame(2, &FrameOptions::default()).unwrap_err();
    assert!(error.to_string().contains("no environment 2; the batch has 2"), "{error}");
    for tile_size in [0, 513, usize::MAX] {
        let options = FrameOptions { tile_size, ..FrameOptions::default() };
        let error = drawn.frame(0, &options).unwrap_err();
        assert!(error.to_string().contains("1 to 512"), "{error}");
    }
    let nowhere = Path::new("no such directory/frame.png");
    let error = Frame::filled(1, 1, [0; 3]).write_png(nowhere).unwrap_err();
    assert!(error.to_string().contains("make the directory first"), "{error}");
    drop(drawn);

    let spec = EnvSpec { discipline: "chess".into(), ..batch.spec().clone() };
    let stranger = Stranger { spec, batch };
    let Err(error) = drawing(&stranger) else { panic!("chess is drawn") };
    assert!(error.to_string().contains("'chess', which has no drawing"), "{error}");
    let wrapped = ScaleReward::wrap(stranger.batch, 2.0).unwrap();
    assert!(drawing(&wrapped).unwrap().frame(1, &FrameOptions::default()).is_ok());
}

/// A batch that says it is of a discipline that has no drawing.
struct Stranger {
    spec: EnvSpec,
    batch: Box<dyn VectorEnv>,
}

impl VectorEnv for Stranger {
    fn spec(&self) -> &EnvSpec {
        &self.spec
    }
    fn options(&self) -> &BuildOptions {
        self.batch.options()
    }
    fn observation(&self) -> &Observation {
        self.batch.observation()
    }
    fn reset_with(&mut self, options: ResetOptions<'_>) -> Result<&Observation, Error> {
        self.batch.reset_with(options)
    }
    fn step_with(&mut self, actions: Actions<'_>) -> Result<Step<'_>, Error> {
        self.batch.step_with(actions)
    }
    fn mission(&self, env: usize) -> Option<String> {
        self.batch.mission(env)
    }
    fn snapshot(&self) -> Result<Snapshot, Error> {
        self.batch.snapshot()
    }
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        self.batch.restore(snapshot)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
