//! Pictures of small scenes: what stands in them is where it should be, and only there.

use pentathlon_physics::{
    model::{GeomDescription, Shape, TriangleMesh},
    robots::{level_floor, quadruped},
};

use super::*;

fn ball_over_floor() -> (ModelDescription, WorldSnapshot) {
    let mut model = quadruped();
    model.bodies.truncate(1);
    model.scene.push(level_floor(0.8));
    let pose = BodyPose { position: [0.0, 0.0, 0.4], orientation: [1.0, 0.0, 0.0, 0.0] };
    (model, WorldSnapshot { bodies: vec![pose], ..Default::default() })
}

fn luminance(frame: &Frame, x: usize, y: usize) -> u32 {
    frame.pixel(x, y).unwrap().iter().map(|&channel| u32::from(channel)).sum()
}

#[test]
fn sky_is_above_and_ground_below() {
    let (model, world) = ball_over_floor();
    let frame = SceneRenderer::new(&model, SceneOptions::default()).unwrap().draw(&[world]).unwrap();
    let [red, _, blue] = frame.pixel(5, 5).unwrap();
    assert!(blue > red, "the sky is blue");
    let corner = frame.pixel(5, 470).unwrap();
    assert!(
        corner.iter().max().unwrap() - corner.iter().min().unwrap() < 40,
        "the ground is grey: {corner:?}"
    );
}

#[test]
fn the_body_is_in_the_middle_and_throws_a_shadow() {
    let (model, world) = ball_over_floor();
    let mut empty = model.clone();
    empty.bodies[0].geoms.clear();
    let camera = CameraOptions { distance: Some(2.0), target: Some([0.0, 0.0, 0.3]), ..Default::default() };
    let options = SceneOptions { camera, ..Default::default() };
    let with =
        SceneRenderer::new(&model, options.clone()).unwrap().draw(std::slice::from_ref(&world)).unwrap();
    let without = SceneRenderer::new(&empty, options).unwrap().draw(&[world]).unwrap();
    assert_ne!(with.pixel(320, 210), without.pixel(320, 210));
    let darker = (0..640)
        .flat_map(|x| (0..480).map(move |y| (x, y)))
        .filter(|&(x, y)| luminance(&with, x, y) + 60 < luminance(&without, x, y))
        .count();
    assert!(darker > 500, "only {darker} pixels are darker with the body");
}

#[test]
fn a_nearer_body_hides_a_farther_one() {
    let (mut model, mut world) = ball_over_floor();
    let mut far = model.bodies[0].clone();
    far.name = "far".into();
    model.bodies.push(far);
    let camera = CameraOptions {
        azimuth: 0.0,
        elevation: 0.0,
        distance: Some(3.0),
        target: Some([0.0, 0.0, 0.4]),
        ..Default::default()
    };
    let options = SceneOptions { camera, joints: false, ..Default::default() };
    let mut renderer = SceneRenderer::new(&model, options).unwrap();
    world.bodies.push(BodyPose { position: [-5.0, 0.0, 0.4], orientation: [1.0, 0.0, 0.0, 0.0] });
    let behind = renderer.draw(&[world.clone()]).unwrap();
    world.bodies[1].position[2] = -50.0;
    let alone = renderer.draw(&[world]).unwrap();
    assert_eq!(behind.pixel(320, 240), alone.pixel(320, 240));
}

/// The box around all pixels in which two pictures differ: left, top, right and bottom, and how many there are.
fn difference(a: &Frame, b: &Frame) -> ([usize; 4], usize) {
    let different = (0..480)
        .flat_map(|y| (0..640).map(move |x| (x, y)))
        .filter(|&(x, y)| luminance(a, x, y).abs_diff(luminance(b, x, y)) > 30);
    different.fold(([usize::MAX, usize::MAX, 0, 0], 0), |([left, top, right, bottom], count), (x, y)| {
        ([left.min(x), top.min(y), right.max(x), bottom.max(y)], count + 1)
    })
}

/// A picture from a place that does not depend on what is seen.
fn drawn(model: &ModelDescription, worlds: &[WorldSnapshot], more: SceneOptions) -> Frame {
    let camera = CameraOptions {
        azimuth: 0.0,
        elevation: 30.0,
        distance: Some(6.0),
        target: Some([0.0, 0.0, 0.3]),
        ..Default::default()
    };
    SceneRenderer::new(model, SceneOptions { camera, joints: false, ..more }).unwrap().draw(worlds).unwrap()
}

#[test]
fn a_grid_shows_every_world() {
    let (model, world) = ball_over_floor();
    let mut nothing = model.clone();
    nothing.bodies[0].geoms.clear();
    let options = SceneOptions { spacing: Some(1.5), ..Default::default() };
    let worlds = vec![world; 4];
    let empty = drawn(&nothing, &worlds, options.clone());
    let frame = drawn(&model, &worlds, options);
    // The body of each world and its shadow, in the four parts of the picture.
    for (left, top) in [(0, 0), (320, 0), (0, 240), (320, 240)] {
        let part = (top..top + 240).flat_map(|y| (left..left + 320).map(move |x| (x, y)));
        let seen = part.filter(|&(x, y)| frame.pixel(x, y) != empty.pixel(x, y)).count();
        assert!(seen > 200, "{seen} pixels of a world from {left}, {top}");
    }
}

#[test]
fn contacts_are_marked_where_they_are_and_forces_by_their_size() {
    let (model, mut world) = ball_over_floor();
    let bare = drawn(&model, &[world.clone()], SceneOptions::default());
    let mut with = |force: f64, scale: Option<f32>| {
        world.contacts = vec![ContactMark { point: [0.0, 1.0, 0.0], force: [0.0, 0.0, force] }];
        let options = SceneOptions { force_scale: scale, ..Default::default() };
        difference(&bare, &drawn(&model, &[world.clone()], options))
    };
    // A dot to the right of the middle: y is to the right of a camera on the x axis.
    let ([left, top, right, bottom], dot) = with(0.0, None);
    assert!(
        (340..640).contains(&left) && right - left < 12 && bottom - top < 12,
        "{left} {right} {top} {bottom}"
    );
    assert!(dot > 2, "{dot} pixels of a dot");
    let ([_, high, _, low], _) = with(200.0, Some(0.4));
    assert!(low.abs_diff(bottom) < 4 && top - high > 30, "an arrow of 0.8 m up from the point");
    let ([_, higher, _, _], _) = with(400.0, Some(0.4));
    assert!(high - higher > 30, "twice the force");
    let weight = 9.81 * model.bodies[0].mass;
    let ([_, fitted, _, _], _) = with(weight, None);
    assert!(top - fitted > 15, "the weight of the body is seen however light it is");
}

#[test]
fn every_wall_is_drawn_wherever_the_floor_stands_in_the_list() {
    let (model, world) = ball_over_floor();
    let worlds = [world];
    let wall = |position: [f64; 3], orientation: [f64; 4]| {
        let mut wall = GeomDescription::new(Shape::Plane);
        (wall.position, wall.orientation) = (position, orientation);
        wall
    };
    let h = std::f64::consts::FRAC_1_SQRT_2;
    // Facing the camera from behind the body, and facing right (y) from the left of it.
    let behind = wall([-1.5, 0.0, 0.0], [h, 0.0, h, 0.0]);
    let left = wall([0.0, -1.5, 0.0], [h, -h, 0.0, 0.0]);
    let bare = drawn(&model, &worlds, SceneOptions::default());
    let mut both = model.clone();
    both.scene.extend([behind.clone(), left.clone()]);
    let mut first = model.clone();
    first.scene.splice(0..0, [behind.clone(), left]);
    let frame = drawn(&both, &worlds, SceneOptions::default());
    assert!(difference(&frame, &drawn(&first, &worlds, SceneOptions::default())).1 < 50, "the order counts");
    let mut one = model.clone();
    one.scene.push(behind);
    let frame_of_one = drawn(&one, &worlds, SceneOptions::default());
    assert!(difference(&bare, &frame_of_one).1 > 5_000, "the wall behind");
    let ([_, _, right, _], count) = difference(&frame, &frame_of_one);
    assert!(count > 2_000 && right < 320, "the wall on the left: {count} pixels up to {right}");
}

#[test]
fn worlds_are_drawn_with_shapes_of_their_own() {
    let (mut model, world) = ball_over_floor();
    model.scene.push(GeomDescription::new(Shape::Box { half_extents: [0.1; 3] }).at([0.0, 1.0, 0.1]));
    let own = WorldShape {
        body: None,
        index: 1,
        shape: Shape::Box { half_extents: [0.1, 0.1, 0.5] },
        position: [0.0, -1.0, 0.5],
    };
    let moved = WorldSnapshot { shapes: vec![own.clone()], ..world.clone() };
    let of_model = drawn(&model, &[world], SceneOptions::default());
    let frame = drawn(&model, std::slice::from_ref(&moved), SceneOptions::default());
    // Gone from the right of the picture, and taller on the left.
    let ([left, top, right, bottom], _) = difference(&of_model, &frame);
    assert!(left < 260 && right > 380 && bottom - top > 60, "{left} {top} {right} {bottom}");
    let unknown = WorldShape { index: 2, ..own };
    let worlds = [WorldSnapshot { shapes: vec![unknown], ..moved }];
    let error = SceneRenderer::new(&model, SceneOptions::default()).unwrap().draw(&worlds).unwrap_err();
    assert!(error.to_string().contains("shape 2 of body None"), "{error}");
}

#[test]
fn the_ground_stays_however_far_the_camera_is() {
    let (model, world) = ball_over_floor();
    let camera = CameraOptions { elevation: 40.0, distance: Some(300.0), ..Default::default() };
    let options = SceneOptions { camera, ..Default::default() };
    let frame = SceneRenderer::new(&model, options).unwrap().draw(&[world]).unwrap();
    let [red, _, blue] = frame.pixel(320, 300).unwrap();
    assert!(blue.abs_diff(red) < 12 && red < 190, "grey, not sky: {red} {blue}");
}

/// A cylinder and an ellipsoid on the body, and a slope of two triangles behind it.
fn round_things_before_a_slope() -> [GeomDescription; 3] {
    let slope = TriangleMesh {
        vertices: vec![[-1.0, -1.0, 0.1], [-1.0, 1.0, 0.1], [-2.0, 1.0, 0.8], [-2.0, -1.0, 0.8]],
        triangles: vec![[0, 1, 2], [0, 2, 3]],
    };
    [
        GeomDescription::new(Shape::Cylinder { radius: 0.1, half_length: 0.2 }).at([0.0, -0.4, 0.0]),
        GeomDescription::new(Shape::Ellipsoid { radii: [0.1, 0.05, 0.2] }).at([0.0, 0.4, 0.0]),
        GeomDescription::new(Shape::Mesh(slope)),
    ]
}

#[test]
fn cylinders_ellipsoids_and_meshes_are_drawn_where_they_are() {
    let (model, world) = ball_over_floor();
    let options = SceneOptions::default();
    let bare = drawn(&model, std::slice::from_ref(&world), options.clone());
    let [cylinder, ellipsoid, slope] = round_things_before_a_slope();
    let with = |change: &dyn Fn(&mut ModelDescription)| {
        let mut model = model.clone();
        change(&mut model);
        difference(&bare, &drawn(&model, std::slice::from_ref(&world), options.clone()))
    };
    // From the x axis, y points to the right.
    let ([_, _, right, _], count) = with(&|model| model.bodies[0].geoms.push(cylinder.clone()));
    assert!(count > 1_000 && right < 320, "the cylinder: {count} pixels up to {right}");
    // Its shadow falls to the left.
    let ([_, _, right, _], count) = with(&|model| model.bodies[0].geoms.push(ellipsoid.clone()));
    assert!(count > 500 && right > 360, "the ellipsoid: {count} pixels up to {right}");
    let ([left, _, right, _], count) = with(&|model| model.scene.push(slope.clone()));
    assert!(count > 5_000 && left < 260 && right > 380, "the slope: {count} pixels from {left} to {right}");
    // The same with its other side up.
    let turned = |model: &mut ModelDescription| {
        let mut slope = slope.clone();
        let Shape::Mesh(mesh) = &mut slope.shape else { unreachable!("a mesh") };
        mesh.triangles.iter_mut().for_each(|triangle| triangle.reverse());
        model.scene.push(slope);
    };
    let (_, other) = with(&turned);
    assert!(other > 5_000, "the slope from behind: {other} pixels");
}

#[test]
fn an_adapter_draws_the_same_picture() {
    if !pentathlon_engine::wgpu_available() {
        return;
    }
    let (mut model, mut world) = ball_over_floor();
    let [cylinder, ellipsoid, slope] = round_things_before_a_slope();
    model.bodies[0].geoms.extend([cylinder, ellipsoid]);
    model.scene.push(slope);
    world.contacts.push(ContactMark { point: [0.1, 0.3, 0.0], force: [0.0, 0.0, 120.0] });
    let draw = |device: Device, world: &WorldSnapshot| {
        let options = SceneOptions { device, ..Default::default() };
        let mut renderer = SceneRenderer::new(&model, options).unwrap();
        let first = renderer.draw(std::slice::from_ref(world)).unwrap();
        // Buffers are reused for the second picture.
        [first, renderer.draw(&vec![world.clone(); 4]).unwrap()]
    };
    let pairs = draw(Device::Native, &world).into_iter().zip(draw(Device::Wgpu, &world));
    for (software, device) in pairs {
        let close = |x: usize, y: usize| {
            let channels = software.pixel(x, y).unwrap().into_iter().zip(device.pixel(x, y).unwrap());
            channels.into_iter().all(|(a, b)| a.abs_diff(b) <= 3)
        };
        let different = (0..480).flat_map(|y| (0..640).map(move |x| (x, y))).filter(|&(x, y)| !close(x, y));
        // Edges may fall into the sample beside.
        let count = different.count();
        assert!(count < 640 * 480 / 200, "{count} pixels differ");
    }
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let (model, world) = ball_over_floor();
    let options = SceneOptions { width: 5, ..Default::default() };
    assert!(SceneRenderer::new(&model, options).unwrap_err().to_string().contains("width is 5"));
    let mut renderer = SceneRenderer::new(&model, SceneOptions::default()).unwrap();
    assert!(renderer.draw(&[]).unwrap_err().to_string().contains("no world"));
    let fewer = WorldSnapshot::default();
    assert!(renderer.draw(&[fewer]).unwrap_err().to_string().contains("0 poses"));
    let mut broken = world;
    broken.bodies[0].position[1] = f64::NAN;
    assert!(renderer.draw(&[broken]).unwrap_err().to_string().contains("not finite"));
}
