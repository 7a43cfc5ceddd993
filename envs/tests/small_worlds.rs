//! Grids to walk in, the cart-pole and the pendulum keep the contract, and both devices play them alike.

use pentathlon_engine::wgpu_available;
use pentathlon_envs::registry;
use pentathlon_gym::{
    Actions, Array, AutoresetMode, BuildOptions, Device, Levels, OptionValue, VectorEnv, conformance,
    seeding::philox::Philox,
};

fn build(id: &str, given: &[(&str, OptionValue)], options: BuildOptions) -> Box<dyn VectorEnv> {
    let given = given.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    registry().make(id, &BuildOptions { options: given, ..options }).unwrap_or_else(|error| panic!("{error}"))
}

fn cases() -> [(&'static str, Vec<(&'static str, OptionValue)>); 5] {
    [
        ("GridRooms-FourRooms-v0", vec![("slip", 0.3.into())]),
        ("GridRooms-FourRooms-v0", vec![("size", 20.into()), ("goal", false.into())]),
        (
            "GridRooms-Open-v0",
            vec![("size", 4.into()), ("goal", true.into()), ("start_x", 1.into()), ("start_y", 2.into())],
        ),
        ("ClassicControl-CartPole-v1", vec![("half_length", 0.8.into())]),
        ("ClassicControl-Pendulum-v1", vec![("length", 1.2.into())]),
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
        let mut episodes = 0;
        for step in 0..60 {
            let space = native.spec().action_space.clone();
            let drawn: Vec<Array> = (0..70).map(|_| space.sample(&mut random)).collect();
            let whole: Vec<i32> = drawn.iter().filter_map(Array::as_i32).flatten().copied().collect();
            let real: Vec<f32> = drawn.iter().filter_map(Array::as_f32).flatten().copied().collect();
            let chosen = if real.is_empty() { Actions::Discrete(&whole) } else { Actions::Continuous(&real) };
            let (a, b) = (native.step(chosen).unwrap(), wgpu.step(chosen).unwrap());
            assert_eq!((a.terminated, a.truncated), (b.terminated, b.truncated), "{id}, {step}");
            episodes += a.info.episodes.len();
            if is_whole {
                assert_eq!((a.reward, &a.info.episodes), (b.reward, &b.info.episodes), "{id}, step {step}");
                assert_eq!(a.observation, b.observation, "{id}, step {step}");
            } else {
                let near = |a: f32, b: f32| (a - b).abs() < 1e-3 * (1.0 + a.abs());
                assert!(a.reward.iter().zip(b.reward).all(|(a, b)| near(*a, *b)), "{id}, step {step}");
                assert_eq!(a.info.episodes.len(), b.info.episodes.len(), "{id}, step {step}");
                for (a, b) in a.info.episodes.iter().zip(b.info.episodes) {
                    assert_eq!(
                        (a.env, a.length, a.success),
                        (b.env, b.length, b.success),
                        "{id}, step {step}"
                    );
                    assert!(near(a.episode_return, b.episode_return), "{id}, step {step}");
                }
                // Sines differ in their last bits.
                let (a, b) =
                    (a.observation["state"].as_f32().unwrap(), b.observation["state"].as_f32().unwrap());
                assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3), "{id}, step {step}");
            }
        }
        assert!(episodes >= 140, "{id}: {episodes}");
    }
}
