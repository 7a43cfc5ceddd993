//! One world at one moment: where its bodies are, what they touch, and in which shapes it differs from the model.

use glam::{DQuat, DVec3};
use pentathlon_physics::{
    model::{ModelDescription, Shape},
    native::{Lane, Parameter, Worlds, WorldsError},
};

/// Differences of a size or place below this share are rounding.
const ROUNDING: f64 = 1e-6;

/// Where a body is: origin in m, orientation as unit quaternion w x y z.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BodyPose {
    /// Origin in the world in m.
    pub position: [f64; 3],
    /// Orientation, w x y z.
    pub orientation: [f64; 4],
}

/// A contact to mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContactMark {
    /// The point in the world in m.
    pub point: [f64; 3],
    /// The force there in N, on the robot.
    pub force: [f64; 3],
}

/// A shape that has another size or place in one world than in the model.
#[derive(Clone, Debug, PartialEq)]
pub struct WorldShape {
    /// Index of the body that carries it; `None` for the scene.
    pub body: Option<usize>,
    /// Its index among the shapes of the body or of the scene.
    pub index: usize,
    /// What it is in this world.
    pub shape: Shape,
    /// Its place in the frame of the body, or in the world, in m.
    pub position: [f64; 3],
}

/// One world at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorldSnapshot {
    /// One pose a body, in the order of the model.
    pub bodies: Vec<BodyPose>,
    /// Its contacts, if they are to be drawn.
    pub contacts: Vec<ContactMark>,
    /// Shapes in which it differs from the model.
    pub shapes: Vec<WorldShape>,
}

impl WorldSnapshot {
    /// World `world` of `worlds`, which were built of `model`, as it is now: with its own walls and sizes.
    ///
    /// # Errors
    /// A world that does not exist, or a model that the worlds were not built of.
    pub fn of<L: Lane>(
        worlds: &mut Worlds<L>,
        model: &ModelDescription,
        world: usize,
    ) -> Result<Self, WorldsError> {
        let bodies = worlds
            .body_frames(world)?
            .into_iter()
            .map(|frame| BodyPose { position: frame.position, orientation: frame.orientation })
            .collect();
        let contacts = worlds
            .contacts(world)?
            .into_iter()
            .map(|contact| ContactMark { point: contact.point, force: contact.force })
            .collect();
        Ok(Self { bodies, contacts, shapes: own_shapes(worlds, model, world)? })
    }
}

/// The shapes of a world that are not the model's.
fn own_shapes<L: Lane>(
    worlds: &mut Worlds<L>,
    model: &ModelDescription,
    world: usize,
) -> Result<Vec<WorldShape>, WorldsError> {
    let mut own = Vec::new();
    for (geom, (body, index)) in places(worlds, model).into_iter().enumerate() {
        let Some(known) = worlds.layout().geoms.get(geom).cloned() else { break };
        let fixed = matches!(known.shape, Shape::Floor(_) | Shape::Ceiling(_));
        if fixed {
            continue;
        }
        let placed = worlds.parameter(world, Parameter::GeomPosition(geom))?;
        let shape = match known.shape {
            Shape::ConvexHull { .. } => known.shape.clone(),
            _ => resized(&known.shape, &worlds.parameter(world, Parameter::GeomSize(geom))?),
        };
        let is_moved = placed.iter().zip(known.position).any(|(a, b)| differs(*a, b));
        if !is_moved && shape == known.shape {
            continue;
        }
        let position = [placed[0], placed[1], placed[2]];
        let position = match body {
            Some(body) => in_body(worlds, body, position),
            None => position,
        };
        own.push(WorldShape { body, index, shape, position });
    }
    Ok(own)
}

/// Of each shape of the layout: the described body that it belongs to, and its index there.
fn places<L: Lane>(worlds: &Worlds<L>, model: &ModelDescription) -> Vec<(Option<usize>, usize)> {
    let layout = worlds.layout();
    let mut carried = Vec::new();
    let mut fixed = Vec::new();
    for (body, (description, attachment)) in model.bodies.iter().zip(&layout.attachments).enumerate() {
        for index in 0..description.geoms.len() {
            match attachment.body {
                Some(movable) => carried.push((movable, (Some(body), index))),
                None => fixed.push((Some(body), index)),
            }
        }
    }
    // The layout's order: the shapes of the movable bodies, then those of fixed ones, then the scene.
    carried.sort_by_key(|(movable, _)| *movable);
    let scene = (0..model.scene.len()).map(|index| (None, index));
    carried.into_iter().map(|(_, place)| place).chain(fixed).chain(scene).collect()
}

/// A place in the movable body (or the world) that carries a described body, in that body's own frame.
fn in_body<L: Lane>(worlds: &Worlds<L>, body: usize, position: [f64; 3]) -> [f64; 3] {
    let attachment = &worlds.layout().attachments[body];
    let [w, x, y, z] = attachment.orientation;
    let turned = DQuat::from_xyzw(x, y, z, w).inverse();
    (turned * (DVec3::from(position) - DVec3::from(attachment.position))).to_array()
}

fn resized(shape: &Shape, size: &[f64]) -> Shape {
    let same = |values: &[f64]| values.iter().zip(size).all(|(a, b)| !differs(*b, *a));
    match (shape, size) {
        (Shape::Sphere { radius }, &[own, ..]) if !same(&[*radius]) => Shape::Sphere { radius: own },
        (Shape::Capsule { radius, half_length }, &[own, length, ..]) if !same(&[*radius, *half_length]) => {
            Shape::Capsule { radius: own, half_length: length }
        }
        (Shape::Box { half_extents }, &[x, y, z]) if !same(half_extents) => {
            Shape::Box { half_extents: [x, y, z] }
        }
        _ => shape.clone(),
    }
}

fn differs(a: f64, b: f64) -> bool {
    (a - b).abs() > ROUNDING * b.abs().max(1.0)
}

#[cfg(test)]
mod tests {
    use pentathlon_physics::{
        model::GeomDescription,
        native::WorldsOptions,
        robots::{level_floor, quadruped},
    };

    use super::*;

    #[test]
    fn a_world_tells_in_what_it_differs() {
        let mut model = quadruped();
        model.scene.push(level_floor(0.8));
        model.scene.push(GeomDescription::new(Shape::Box { half_extents: [0.1; 3] }).named("step"));
        let options = WorldsOptions { num_worlds: 2, ..WorldsOptions::default() };
        let mut worlds = Worlds::<f32>::new(&model, options).unwrap();
        let last = worlds.layout().geoms.len() - 1;
        worlds.set_parameter(1, Parameter::GeomSize(last), &[0.2, 0.3, 0.4]).unwrap();
        worlds.set_parameter(1, Parameter::GeomPosition(last), &[1.0, 2.0, 0.5]).unwrap();
        worlds.set_parameter(1, Parameter::GeomPosition(last - 1), &[0.0, 0.0, -0.25]).unwrap();
        assert_eq!(WorldSnapshot::of(&mut worlds, &model, 0).unwrap().shapes, []);
        let [floor, step] = WorldSnapshot::of(&mut worlds, &model, 1).unwrap().shapes.try_into().unwrap();
        assert_eq!((floor.body, floor.index, floor.position), (None, 0, [0.0, 0.0, -0.25]));
        assert_eq!((step.body, step.index, step.position), (None, 1, [1.0, 2.0, 0.5]));
        let Shape::Box { half_extents } = step.shape else { panic!("{step:?}") };
        assert!(half_extents.iter().zip([0.2, 0.3, 0.4]).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn shapes_of_bodies_are_told_by_body() {
        let model = quadruped();
        let mut worlds = Worlds::<f64>::new(&model, WorldsOptions::default()).unwrap();
        let geom = worlds.layout().geoms.len() - 1;
        let place = model.bodies.len() - 1;
        let index = model.bodies[place].geoms.len() - 1;
        let mut position = worlds.parameter(0, Parameter::GeomPosition(geom)).unwrap();
        position[0] += 0.5;
        worlds.set_parameter(0, Parameter::GeomPosition(geom), &position).unwrap();
        let [own] = WorldSnapshot::of(&mut worlds, &model, 0).unwrap().shapes.try_into().unwrap();
        assert_eq!((own.body, own.index), (Some(place), index));
        let described = model.bodies[place].geoms[index].position;
        assert!((own.position[0] - described[0] - 0.5).abs() < 1e-12, "{own:?} {described:?}");
    }
}
