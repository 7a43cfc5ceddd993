//! The contacts of one world, point by point: what pictures and analyses ask for.

use super::lane::Lane;
use super::options::WorldsError;
use super::worlds::Worlds;
use crate::contact::detection::rules::{detect_contacts, place_geoms};
use crate::contact::layers::detect_layer_contacts;
use crate::dynamics::kinematics::rules::forward_kinematics;
use crate::vector::rules::{Vector3, scale3};

/// A contact point that carries load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorldContact {
    /// The shape that the force acts on, in the order of the layout's shapes.
    pub geom_a: usize,
    /// The shape that the opposite force acts on.
    pub geom_b: usize,
    /// The point in the world in m.
    pub point: [f64; 3],
    /// Unit normal in the world, from B to A.
    pub normal: [f64; 3],
    /// Force on A in the last physics step in N, world axes.
    pub force: [f64; 3],
}

impl<L: Lane> Worlds<L> {
    /// The contacts of `world` at its current pose, with the forces of the last physics step.
    ///
    /// # Errors
    ///
    /// A world that does not exist.
    pub fn contacts(&mut self, world: usize) -> Result<Vec<WorldContact>, WorldsError> {
        self.check_world(world)?;
        let lane = world % L::WIDTH;
        let rate = L::splat(1.0 / self.options.timestep);
        let mut motion = self.groups[world / L::WIDTH].motion;
        let mut own = self.groups[world / L::WIDTH].parameters.clone();
        let desk = self.own_desk();
        let parameters = own.as_mut().unwrap_or(&mut desk.parameters);
        forward_kinematics(&mut desk.tree, &mut parameters.bodies, &mut motion, &mut desk.work.kinematics);
        place_geoms(&mut desk.tables, &mut parameters.geoms, &mut desk.work.kinematics, &mut desk.contacts);
        let margin = desk.contact_parameters.margin;
        let [cloud_a, cloud_b] = &mut desk.work.clouds;
        detect_contacts(
            &mut desk.tables,
            &mut parameters.geoms,
            margin,
            cloud_a,
            cloud_b,
            &mut desk.contacts,
        );
        detect_layer_contacts(
            &desk.layers,
            &mut desk.tables,
            &parameters.geoms,
            margin,
            &mut desk.window,
            cloud_a,
            &mut desk.contacts,
        );
        let found = desk.contacts.contacts[..desk.contacts.contact_count as usize].to_vec();
        let memory = &self.groups[world / L::WIDTH].memory;
        let mut contacts = Vec::new();
        for (slot, impulse) in memory.slots.iter().zip(&memory.impulses).take(memory.count as usize) {
            let force = in_lane(scale3(*impulse, rate), lane);
            if force == [0.0; 3] {
                continue;
            }
            // A point that has gone out of reach since then has no place to be drawn at.
            if let Some(contact) = found.iter().find(|contact| contact.slot == *slot) {
                contacts.push(WorldContact {
                    geom_a: contact.geom_a as usize,
                    geom_b: contact.geom_b as usize,
                    point: in_lane(contact.point.position, lane),
                    normal: in_lane(contact.point.normal, lane),
                    force,
                });
            }
        }
        Ok(contacts)
    }
}

fn in_lane<L: Lane>(vector: Vector3<L>, lane: usize) -> [f64; 3] {
    [vector.x.lane(lane), vector.y.lane(lane), vector.z.lane(lane)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        native::WorldsOptions,
        robots::{QUADRUPED_STAND, level_floor, quadruped},
    };

    #[test]
    fn the_feet_of_a_standing_robot_carry_its_weight() {
        let mut model = quadruped();
        model.scene.push(level_floor(0.8));
        let options = WorldsOptions { num_worlds: 3, timestep: 0.002, ..WorldsOptions::default() };
        let mut worlds = Worlds::<f64>::new(&model, options).unwrap();
        let position: Vec<f64> =
            [0.0, 0.0, 0.34, 1.0, 0.0, 0.0, 0.0].into_iter().chain(QUADRUPED_STAND).collect();
        for world in 0..3 {
            worlds.set_state(world, &position, &[0.0; 18]).unwrap();
            worlds.set_control(world, &QUADRUPED_STAND).unwrap();
        }
        (0..1500).for_each(|_| worlds.step());
        let contacts = worlds.contacts(2).unwrap();
        let carried: f64 = contacts.iter().map(|contact| contact.force[2]).sum();
        assert!((carried - 125.01).abs() < 2.0, "{carried} N: {contacts:?}");
        for contact in &contacts {
            assert!(contact.normal[2] > 0.99 && contact.point[2].abs() < 0.01, "{contact:?}");
        }
        assert!(worlds.contacts(3).is_err());
    }
}
