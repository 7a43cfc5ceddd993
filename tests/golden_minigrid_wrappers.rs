//! The observations of Farama's wrappers, compared with recordings: every form of observation that
//! MiniGrid offers, the options, and the rewards for rare visits. Cases are read from
//! `tests/golden/minigrid/wrappers.jsonl[.zst]`, or from `$PENTATHLON_GOLDEN/minigrid/` when that is set.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use pentathlon::{
    Array, AutoresetMode, Builder, Device, GeneratorKind, VectorEnv,
    gym::wrappers::{CountBonus, CountedFields, Visit},
    make,
};
use serde_json::Value;

/// The file with the cases, if there is one.
fn file() -> Option<PathBuf> {
    let root = std::env::var_os("PENTATHLON_GOLDEN")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"), PathBuf::from);
    ["wrappers.jsonl", "wrappers.jsonl.zst"]
        .map(|name| root.join("minigrid").join(name))
        .into_iter()
        .find(|path| path.exists())
}

fn cases(path: &Path) -> Vec<Value> {
    let mut file = File::open(path).expect("a readable file");
    let mut text = String::new();
    if path.extension().is_some_and(|extension| extension == "zst") {
        let mut decoder = ruzstd::decoding::StreamingDecoder::new(file).expect("a zstd stream");
        decoder.read_to_string(&mut text).expect("text");
    } else {
        file.read_to_string(&mut text).expect("text");
    }
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// FNV-1a of 64 bits, in hexadecimal digits.
fn hash(bytes: &[u8]) -> String {
    pentathlon::trace::Hash::of(bytes).into()
}

/// A case: how its batch is built and which observation is looked at.
struct Case<'a> {
    builder: Builder,
    form: &'a str,
}

/// The case of a recorded wrapper; `None` when the id has no such observation, as upstream has none.
fn case<'a>(wrapper: &'a str, id: &str, seed: u64) -> Option<Case<'a>> {
    let builder = make(id)
        .expect("a registered id")
        .seed(seed)
        .device(Device::Native)
        .generator(GeneratorKind::Reference)
        .autoreset(AutoresetMode::Disabled);
    let (name, argument) = wrapper.split_once('(').unwrap_or((wrapper, ""));
    let argument = argument.trim_end_matches(')');
    let (builder, form) = match name {
        "FullyObs" => (builder, "full"),
        "OneHotPartialObs" => (builder, "one_hot"),
        "RGBImgObs" => (builder.option("tile_size", tile_size(argument)), "rgb"),
        "RGBImgPartialObs" => (builder.option("tile_size", tile_size(argument)), "rgb_partial"),
        "ViewSize" => (builder.option("view_size", argument.parse::<i64>().expect("a size")), "image"),
        "SymbolicObs" => (builder, "symbolic"),
        "DictObservationSpace" => (builder, "mission"),
        "FlatObs" => (builder, "flat"),
        "DirectionObs" => (builder.option("goal_direction", argument), "goal_direction"),
        "StochasticAction" => {
            (builder.option("stochastic_action", argument.parse::<f64>().expect("a chance")), "image")
        }
        "ActionBonus" | "PositionBonus" => (builder, "position"),
        _ => panic!("a recording of the unknown wrapper '{wrapper}'"),
    };
    builder.spec().observation(form)?;
    Some(Case { builder: builder.observations([form, "direction"]), form })
}

fn tile_size(argument: &str) -> i64 {
    argument.trim_start_matches("tile ").parse().expect("a tile size")
}

/// Wraps a batch in the bonus of a recorded wrapper, if it is one.
fn with_bonus(wrapper: &str, batch: Box<dyn VectorEnv>) -> Box<dyn VectorEnv> {
    match wrapper {
        "ActionBonus" => {
            let counted = CountedFields { fields: vec!["position".into()], action: true };
            Box::new(CountBonus::wrap(batch, 1.0, counted).expect("a bonus fits any batch"))
        }
        "PositionBonus" => {
            // The observation holds the direction as well, which does not count here.
            let key = |visit: &Visit<'_>| {
                let positions = visit.observation["position"].as_i32().expect("numbers");
                let [x, y] = [0, 1].map(|axis| positions[visit.row * 3 + axis] as u64);
                x << 32 | y
            };
            Box::new(CountBonus::wrap(batch, 1.0, key).expect("a bonus fits any batch"))
        }
        _ => batch,
    }
}

/// Compares one observation with its recording; says what is different.
fn compare(form: &str, array: &Array, direction: i32, recorded: &Value) -> Result<usize, String> {
    let mut values = 0;
    let fields = recorded.as_object().expect("an object");
    for (field, recorded) in fields {
        let equal = match (field.as_str(), array) {
            ("shape" | "dtype", _) => continue,
            ("hex", Array::U8(bytes)) => {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                *recorded == digits
            }
            ("fnv", Array::U8(bytes)) => *recorded == hash(bytes),
            ("len", Array::U8(bytes)) => *recorded == bytes.len(),
            ("dir", _) => *recorded == direction,
            ("values" | "mission", Array::I32(numbers)) => *recorded == Value::from(numbers.clone()),
            ("goal_direction", Array::F32(numbers)) => {
                let text = recorded.as_str().expect("a number as text");
                let exact: f64 = text.parse().expect("a number");
                exact as f32 == numbers[0]
            }
            _ => return Err(format!("{field} of {form} cannot be compared")),
        };
        if !equal {
            return Err(format!("{field} of {form}: ours {array:?}, recorded {recorded}"));
        }
        values += 1;
    }
    Ok(values)
}

#[test]
fn wrapper_observations_are_those_of_farama() {
    let Some(path) = file() else {
        println!("skipped: no wrappers.jsonl beside the cases of PENTATHLON_GOLDEN");
        assert!(std::env::var_os("PENTATHLON_GOLDEN").is_some(), "the repository has recordings of wrappers");
        return;
    };
    let (mut compared, mut values, mut without) = (0, 0, 0);
    for recording in cases(&path) {
        let text = |name: &str| recording[name].as_str().expect("text");
        let (wrapper, id) = (text("wrapper"), text("id"));
        let place = format!("{wrapper} of {id}");
        let observations = recording["obs"].as_array().expect("observations");
        let Some(case) = case(wrapper, id, recording["seed"].as_u64().expect("a seed")) else {
            assert!(
                observations.iter().all(|observation| observation["goal_direction"].is_null()),
                "{place}"
            );
            without += 1;
            continue;
        };
        let batch = case.builder.build().unwrap_or_else(|error| panic!("{place}: {error}"));
        let mut batch = with_bonus(wrapper, batch);
        batch.reset(None).expect("a reset");
        let mut observations = observations.iter();
        let mut check = |batch: &dyn VectorEnv, place: &str| {
            let recorded = observations.next().expect("an observation for the reset and for each step");
            let direction = batch.observation()["direction"].as_i32().expect("a direction")[0];
            values += compare(case.form, &batch.observation()[case.form], direction, recorded)
                .unwrap_or_else(|difference| panic!("{place}: {difference}"));
        };
        check(&*batch, &place);
        for (index, step) in recording["steps"].as_array().expect("steps").iter().enumerate() {
            let place = format!("{place}, step {index}");
            let number = |at: usize| step[at].as_f64().expect("a number");
            let taken = batch.step(&[number(0) as i32]).unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!(taken.reward[0], number(1) as f32, "{place}: reward");
            assert_eq!(f64::from(u8::from(taken.terminated[0])), number(2), "{place}: terminated");
            assert_eq!(f64::from(u8::from(taken.truncated[0])), number(3), "{place}: truncated");
            check(&*batch, &place);
        }
        compared += 1;
    }
    println!("compared {compared} recordings, {values} values; {without} ids have no such observation");
    assert!(compared > 0, "{} has no case", path.display());
}
