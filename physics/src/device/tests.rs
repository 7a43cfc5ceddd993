use pentathlon_engine::wgpu_available;

use super::{DeviceWorlds, capacities::Capacities, kernel_source};
use crate::model::{
    BodyDescription, GeomDescription, HeightLayer, JointDescription, ModelDescription, Shape,
};
use crate::native::{Fault, Parameter, Worlds, WorldsOptions};
use crate::robots::{
    ARM_REACH, PushedBox, QUADRUPED_STAND, QUADRUPED_STAND_HEIGHT, arm_with_box, level_floor, quadruped,
};

/// A model, the position it starts from and how many velocities it has.
fn scenes() -> [(ModelDescription, Vec<f64>, usize); 2] {
    let mut legged = quadruped();
    legged.scene.push(level_floor(0.8));
    let stand = [0.0, 0.0, QUADRUPED_STAND_HEIGHT, 1.0, 0.0, 0.0, 0.0].into_iter().chain(QUADRUPED_STAND);
    let reach = ARM_REACH.into_iter().chain([0.5, 0.0, 0.05, 1.0, 0.0, 0.0, 0.0]);
    [(legged, stand.collect(), 18), (arm_with_box(PushedBox::default()), reach.collect(), 13)]
}

/// The quadruped on a rough floor, under a rough ceiling that it touches when it stretches.
fn cave() -> (ModelDescription, Vec<f64>, usize) {
    let [(mut model, start, dofs), _] = scenes();
    model.name = "cave".to_owned();
    let layer = |low: f64, high: f64| HeightLayer {
        points: [41, 37],
        cell: 0.07,
        heights: (0..41 * 37u32)
            .map(|i| low + (high - low) * f64::from(i.wrapping_mul(2_654_435_761) >> 16) / 65536.0)
            .collect(),
    };
    let floor = GeomDescription::new(Shape::Floor(layer(-0.04, 0.0))).named("floor");
    let ceiling = GeomDescription::new(Shape::Ceiling(layer(0.4, 0.45))).named("ceiling");
    model.scene = [floor, ceiling].map(|layer| layer.at([-1.2, -1.3, 0.0])).to_vec();
    (model, start, dofs)
}

/// A hull, a capsule and a ball over the same layers, the smallest scene with all rules of layers.
fn pebbles() -> (ModelDescription, Vec<f64>, usize) {
    let mut model = cave().0;
    model.name = "pebbles".to_owned();
    model.actuators.clear();
    let hull = [[0.1, 0.0, -0.04], [-0.1, 0.05, -0.04], [-0.1, -0.06, -0.04], [0.0, 0.0, 0.08]];
    let shapes = [
        Shape::ConvexHull { vertices: hull.to_vec() },
        Shape::Capsule { radius: 0.04, half_length: 0.08 },
        Shape::Sphere { radius: 0.05 },
    ];
    model.bodies = shapes
        .into_iter()
        .enumerate()
        .map(|(index, shape)| BodyDescription {
            name: format!("pebble {index}"),
            parent: None,
            position: [0.4 * index as f64, 0.03, 0.1],
            orientation: [1.0, 0.0, 0.0, 0.0],
            joint: JointDescription::Free,
            mass: 0.5,
            center_of_mass: [0.0; 3],
            inertia: [1e-3, 1.2e-3, 0.9e-3, 0.0, 0.0, 0.0],
            geoms: vec![GeomDescription::new(shape)],
        })
        .collect();
    model.colliding_bodies.clear();
    let start = (0..3).flat_map(|index| [0.4 * f64::from(index), 0.03, 0.1, 1.0, 0.0, 0.0, 0.0]);
    (model, start.collect(), 18)
}

/// Whether the tests that step on the device run: a software driver takes minutes for a kernel, so they run where a device is
/// asked for or time is no matter.
fn device_tests() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some();
    if !is_set("PENTATHLON_LONG_TESTS") && !is_set("PENTATHLON_REQUIRE_GPU") {
        println!("skipped: neither PENTATHLON_REQUIRE_GPU nor PENTATHLON_LONG_TESTS is set");
        return false;
    }
    wgpu_available()
}

fn options(num_worlds: usize) -> WorldsOptions {
    WorldsOptions { num_worlds, substeps: 4, ..WorldsOptions::default() }
}

/// A target for every joint, a function of the world's number and the step.
fn control(pose: &[f64], world: usize, step: usize) -> impl Iterator<Item = f32> {
    pose.iter().enumerate().map(move |(joint, angle)| {
        (angle + 0.15 * ((world * 31 + step * 17 + joint * 7) as f64).sin()) as f32
    })
}

/// The joints' part of a start, by the number of actuators.
fn pose<'a>(model: &ModelDescription, start: &'a [f64]) -> &'a [f64] {
    let actuators = model.actuators.len();
    if actuators == 12 { &start[7..] } else { &start[..actuators] }
}

fn bits(worlds: &mut DeviceWorlds, world: usize) -> Vec<u64> {
    let host = worlds.host().unwrap();
    let tree = &host.layout().tree;
    let mut position = vec![0.0; tree.coordinates as usize];
    let mut velocity = vec![0.0; tree.dofs as usize];
    host.state(world, &mut position, &mut velocity).unwrap();
    position.iter().chain(&velocity).map(|value| value.to_bits()).collect()
}

#[test]
fn the_kernel_of_a_model_is_valid_and_no_larger_than_the_model() {
    for (model, _, _) in scenes().into_iter().chain([cave(), pebbles()]) {
        let worlds = Worlds::<f32>::new(&model, WorldsOptions::default()).unwrap();
        let capacities = Capacities::of(&worlds.layout, &worlds.contact_layout);
        assert_eq!(capacities.dofs, worlds.layout.tree.dofs as usize);
        let text = kernel_source(&capacities);
        let module = naga::front::wgsl::parse_str(&text)
            .unwrap_or_else(|error| panic!("{}", error.emit_to_string(&text)));
        naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty())
            .validate(&module)
            .unwrap_or_else(|error| panic!("{}", error.emit_to_string(&text)));
    }
}

/// Steps five worlds on both engines for 0.2 s, each under targets of its own, and compares.
fn assert_agreement((model, start, dofs): (ModelDescription, Vec<f64>, usize)) {
    let mut device = DeviceWorlds::new(&model, options(5)).unwrap();
    let mut native = Worlds::<f32>::new(&model, options(5)).unwrap();
    for world in 0..5 {
        device.set_state(world, &start, &vec![0.0; dofs]).unwrap();
        native.set_state(world, &start, &vec![0.0; dofs]).unwrap();
    }
    for step in 0..10 {
        let controls: Vec<f32> = match model.actuators.len() {
            0 => Vec::new(),
            _ => (0..5).flat_map(|world| control(pose(&model, &start), world, step)).collect(),
        };
        device.set_controls(&controls).unwrap();
        native.set_controls(&controls).unwrap();
        device.step();
        native.step();
    }
    let host = device.host().unwrap();
    let mut touching = 0.0;
    let [mut place, mut speed] = [0.0f64; 2];
    for world in 0..5 {
        for coordinate in 0..start.len() {
            let (a, b) = (host.position(world, coordinate), native.position(world, coordinate));
            assert!((a - b).abs() < 1e-4, "{} coordinate {coordinate}: {a} {b}", model.name);
            place = place.max((a - b).abs());
        }
        for dof in 0..dofs {
            let (a, b) = (host.velocity(world, dof), native.velocity(world, dof));
            assert!((a - b).abs() < 1e-2, "{} dof {dof}: {a} {b}", model.name);
            speed = speed.max((a - b).abs());
        }
        for geom in 0..host.layout().geoms.len() {
            let [_, _, force] = host.geom_force(world, geom).unwrap();
            touching += force.abs();
        }
    }
    assert!(touching > 10.0, "{}: nothing was touched", model.name);
    println!("{}: coordinates within {place:.1e}, velocities within {speed:.1e}", model.name);
}

#[test]
fn the_device_agrees_with_the_native_engine_for_two_tenths_of_a_second() {
    if device_tests() {
        scenes().into_iter().for_each(assert_agreement);
    }
}

#[test]
fn bodies_on_height_layers_agree_with_the_native_engine() {
    if device_tests() {
        assert_agreement(pebbles());
    }
}

#[test]
fn a_robot_between_height_layers_agrees_with_the_native_engine() {
    if device_tests() {
        assert_agreement(cave());
    }
}

#[test]
fn a_world_on_the_device_does_not_depend_on_the_others() {
    if !device_tests() {
        return;
    }
    let [(model, start, dofs), _] = scenes();
    let run = |num_worlds: usize, number: fn(usize) -> usize| {
        let mut worlds = DeviceWorlds::new(&model, options(num_worlds)).unwrap();
        for world in 0..num_worlds {
            worlds.set_state(world, &start, &vec![0.0; dofs]).unwrap();
        }
        for step in 0..12 {
            let controls: Vec<f32> = (0..num_worlds)
                .flat_map(|world| control(pose(&model, &start), number(world), step))
                .collect();
            worlds.set_controls(&controls).unwrap();
            worlds.step();
        }
        worlds
    };
    let mut many = run(70, |world| world);
    for number in [0usize, 31, 69] {
        let mut one = match number {
            0 => run(1, |_| 0),
            31 => run(1, |_| 31),
            _ => run(1, |_| 69),
        };
        assert_eq!(bits(&mut many, number), bits(&mut one, 0), "world {number}");
    }
}

#[test]
fn a_world_that_is_not_a_number_is_reported_and_disturbs_no_other() {
    if !device_tests() {
        return;
    }
    let [(model, start, dofs), _] = scenes();
    let rest = vec![0.0; dofs];
    let run = |poisoned: bool| {
        let mut worlds = DeviceWorlds::new(&model, options(3)).unwrap();
        for world in 0..3 {
            worlds.set_state(world, &start, &rest).unwrap();
        }
        worlds.step();
        if poisoned {
            let mut bad = start.clone();
            bad[9] = f64::NAN;
            worlds.set_state(1, &bad, &rest).unwrap();
        }
        for _ in 0..5 {
            worlds.step();
        }
        worlds
    };
    let (mut sound, mut poisoned) = (run(false), run(true));
    assert_eq!(poisoned.faults().unwrap(), [None, Some(Fault::NonFinite), None]);
    assert_eq!(bits(&mut sound, 0), bits(&mut poisoned, 0));
    assert_eq!(bits(&mut sound, 2), bits(&mut poisoned, 2));
    poisoned.set_state(1, &start, &rest).unwrap();
    poisoned.step();
    assert_eq!(poisoned.faults().unwrap(), [None, None, None]);
    assert_eq!(poisoned.fault_counts().unwrap().non_finite, 1);
    let mut controls = vec![0.0; 3 * 12];
    controls[2 * 12 + 5] = f32::NAN;
    poisoned.set_controls(&controls).unwrap();
    poisoned.step();
    assert_eq!(poisoned.faults().unwrap(), [None, None, Some(Fault::NonFinite)]);
}

#[test]
fn controls_written_on_the_device_count_until_the_host_writes_others() {
    if !device_tests() {
        return;
    }
    let [(model, start, dofs), _] = scenes();
    let controls = |offset: f32| QUADRUPED_STAND.map(|angle| angle as f32 + offset);
    let run = |written: &dyn Fn(&mut DeviceWorlds, usize)| {
        let mut worlds = DeviceWorlds::new(&model, options(1)).unwrap();
        worlds.set_state(0, &start, &vec![0.0; dofs]).unwrap();
        for step in 0..6 {
            written(&mut worlds, step);
            worlds.step();
            // Sensors are read on the host: nothing goes back to the device for it.
            worlds.host_mut().unwrap().body_frames(0).unwrap();
        }
        (bits(&mut worlds, 0), worlds.host_mut().unwrap().snapshot())
    };
    let by_host = run(&|worlds, step| worlds.set_controls(&controls(0.02 * step as f32)).unwrap());
    let by_learner = run(&|worlds, step| {
        let (buffer, values) = (worlds.buffers().controls.clone(), controls(0.02 * step as f32));
        worlds.handles().queue.write_buffer(&buffer, 0, bytemuck::cast_slice(&values));
    });
    assert_eq!(by_host, by_learner, "states and snapshots");
    let none = run(&|_, _| ());
    assert_ne!(by_host.0, none.0);
}

#[test]
fn worlds_have_parameters_of_their_own_and_snapshots_on_the_device() {
    if !device_tests() {
        return;
    }
    let [(model, start, dofs), _] = scenes();
    let mut worlds = DeviceWorlds::new(&model, options(2)).unwrap();
    for world in 0..2 {
        worlds.set_state(world, &start, &vec![0.0; dofs]).unwrap();
    }
    worlds.host_mut().unwrap().set_parameter(1, Parameter::Gravity, &[0.0, 0.0, 0.0]).unwrap();
    worlds.step();
    let saved = worlds.host_mut().unwrap().snapshot();
    for _ in 0..10 {
        worlds.step();
    }
    let end = [bits(&mut worlds, 0), bits(&mut worlds, 1)];
    let host = worlds.host().unwrap();
    assert!(host.position(1, 2) > host.position(0, 2) + 0.01, "without gravity it does not sink");
    worlds.host_mut().unwrap().restore(&saved).unwrap();
    for _ in 0..10 {
        worlds.step();
    }
    assert_eq!([bits(&mut worlds, 0), bits(&mut worlds, 1)], end);
}

#[test]
fn what_the_device_cannot_step_is_refused_by_name() {
    if !wgpu_available() {
        return;
    }
    let none = WorldsOptions { num_worlds: 0, ..WorldsOptions::default() };
    assert!(DeviceWorlds::new(&scenes()[0].0, none).unwrap_err().to_string().contains("num_worlds"));
}
