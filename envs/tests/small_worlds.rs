//! Grids to walk in and the cart-pole keep the contract, and both devices play them alike.

use pentathlon_engine::wgpu_available;
use pentathlon_envs::registry;
use pentathlon_gym::{
    AutoresetMode, BuildOptions, Device, Levels, OptionValue, VectorEnv, conformance,
    seeding::{Random, philox::Philox},
};

fn build(id: &str, given: &[(&str, OptionValue)], options: BuildOptions) -> Box<dyn VectorEnv> {
    let given = given.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    registry().make(id, &BuildOptions { options: given, ..options }).unwrap_or_else(|error| panic!("{error}"))
}

fn cases() -> [(&'static str, Vec<(&'static str, OptionValue)>); 4] {
    [
        ("GridRooms-FourRooms-v0", vec![("slip", 0.3.into())]),
        ("GridRooms-FourRooms-v0", vec![("size", 20.into()), ("goal", false.into())]),
        (
            "GridRooms-Open-v0",
            vec![("size", 4.into()), ("goal", true.into()), ("start_x", 1.into()), ("start_y", 2.into())],
        ),
        ("ClassicControl-CartPole-v1", vec![("half_length", 0.8.into())]),
    ]
}

#[test]
fn the_contract_is_kept() {
    for (id, given) in cases() {
        for autoreset in [AutoresetMode::SameStep, AutoresetMode::NextStep, AutoresetMode::Disabled] {
            let options = BuildOptions {
                num_envs: 6,
                autoreset,
                device: Device::Native,
                max_episode_steps: Some(20),
                ..BuildOptions::default()
            };
            conformance::check(&mut *build(id, &given, options))
                .unwrap_or_else(|violation| panic!("{violation}"));
        }
    }
}

#[test]
fn native_and_wgpu_play_the_same_episodes() {
    if !wgpu_available() {
        return;
    }
    for (id, given) in cases() {
        let [mut native, mut wgpu] = [Device::Native, Device::Wgpu].map(|device| {
            let observations = match id.starts_with("GridRooms") {
                true => ["position", "goal", "time", "cell"].map(String::from).to_vec(),
                false => Vec::new(),
            };
            let options = BuildOptions {
                num_envs: 70,
                device,
                observations,
                autoreset: AutoresetMode::SameStep,
                levels: Some(Levels::Fixed(32)),
                max_episode_steps: Some(25),
                ..BuildOptions::default()
            };
            build(id, &given, options)
        });
        let is_whole = id.starts_with("GridRooms");
        native.reset(4).unwrap();
        wgpu.reset(4).unwrap();
        let mut random = Philox::for_level(2, 2);
        let actions = if is_whole { 4 } else { 2 };
        let mut episodes = 0;
        for step in 0..60 {
            let chosen: Vec<i32> = (0..70).map(|_| random.int(0, actions)).collect();
            let (a, b) = (native.step(&chosen).unwrap(), wgpu.step(&chosen).unwrap());
            assert_eq!(
                (a.reward, a.terminated, a.truncated),
                (b.reward, b.terminated, b.truncated),
                "{id}, {step}"
            );
            assert_eq!(a.info.episodes, b.info.episodes, "{id}, step {step}");
            episodes += a.info.episodes.len();
            if is_whole {
                assert_eq!(a.observation, b.observation, "{id}, step {step}");
            } else {
                // Sines differ in their last bits.
                let (a, b) =
                    (a.observation["state"].as_f32().unwrap(), b.observation["state"].as_f32().unwrap());
                assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3), "{id}, step {step}");
            }
        }
        assert!(episodes >= 140, "{id}: {episodes}");
    }
}
