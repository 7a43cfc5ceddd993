//! Records as words, in the order of their fields: how they cross to the device and back. Every number of
//! a record is four bytes wide, so a record in storage has no gaps.

use super::capacities::Capacities;
use crate::contact::joints::rules::JointLimits;
use crate::contact::layer_detection::rules::LayerFrame;
use crate::contact::layout::ContactLayout;
use crate::contact::tables::rules::{ContactParameters, ContactTables, GeomParameters};
use crate::dynamics::integrator::rules::Integration;
use crate::dynamics::step_report::rules::StepReport;
use crate::dynamics::tree::rules::{Parameters, Symmetric3, Tree};
use crate::native::worlds::{Group, WorldParameters};
use crate::vector::rules::{Matrix3, Vector3};

/// Goes over the words of a record, one way or the other.
pub(super) trait Words {
    /// The next word is an integer.
    fn integer(&mut self, value: &mut u32);

    /// The next word is a number.
    fn number(&mut self, value: &mut f32) {
        let mut bits = value.to_bits();
        self.integer(&mut bits);
        *value = f32::from_bits(bits);
    }

    fn integers(&mut self, values: &mut [u32]) {
        values.iter_mut().for_each(|value| self.integer(value));
    }

    fn numbers(&mut self, values: &mut [f32]) {
        values.iter_mut().for_each(|value| self.number(value));
    }

    fn vector(&mut self, value: &mut Vector3<f32>) {
        [&mut value.x, &mut value.y, &mut value.z].into_iter().for_each(|value| self.number(value));
    }

    fn vectors(&mut self, values: &mut [Vector3<f32>]) {
        values.iter_mut().for_each(|value| self.vector(value));
    }

    fn matrix(&mut self, value: &mut Matrix3<f32>) {
        [&mut value.x, &mut value.y, &mut value.z].into_iter().for_each(|row| self.vector(row));
    }
}

/// From records to words.
#[derive(Debug, Default)]
pub(super) struct Writer(pub(super) Vec<u32>);

impl Words for Writer {
    fn integer(&mut self, value: &mut u32) {
        self.0.push(*value);
    }
}

/// From words to records.
#[derive(Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u32]);

impl Words for Reader<'_> {
    fn integer(&mut self, value: &mut u32) {
        if let Some((first, rest)) = self.0.split_first() {
            *value = *first;
            self.0 = rest;
        }
    }
}

/// `Tree`.
pub(super) fn tree(words: &mut impl Words, capacities: &Capacities, tree: &mut Tree) {
    let Capacities { bodies, dofs, actuators, factor, .. } = *capacities;
    for count in [&mut tree.bodies, &mut tree.dofs, &mut tree.coordinates, &mut tree.actuators] {
        words.integer(count);
    }
    for column in [
        &mut tree.parent,
        &mut tree.joint,
        &mut tree.first_dof,
        &mut tree.last_dof,
        &mut tree.first_coordinate,
        &mut tree.root,
        &mut tree.lone,
    ] {
        words.integers(&mut column[..bodies]);
    }
    for column in [&mut tree.dof_parent, &mut tree.dof_body, &mut tree.chain_start, &mut tree.chain_depth] {
        words.integers(&mut column[..dofs]);
    }
    words.integers(&mut tree.chain[..factor]);
    for column in [&mut tree.actuator_dof, &mut tree.actuator_coordinate, &mut tree.actuator_law] {
        words.integers(&mut column[..actuators]);
    }
}

/// `ContactTables`.
fn tables(words: &mut impl Words, capacities: &Capacities, tables: &mut ContactTables) {
    let Capacities { dofs, geoms, pairs, hull_corners, hull_faces, .. } = *capacities;
    words.integer(&mut tables.geom_count);
    words.integer(&mut tables.pair_count);
    for column in [
        &mut tables.geom_kind,
        &mut tables.geom_body,
        &mut tables.hull_corner_start,
        &mut tables.hull_corner_count,
        &mut tables.hull_face_start,
        &mut tables.hull_face_count,
    ] {
        words.integers(&mut column[..geoms]);
    }
    for column in [&mut tables.hull_corner_x, &mut tables.hull_corner_y, &mut tables.hull_corner_z] {
        words.numbers(&mut column[..hull_corners]);
    }
    for column in [
        &mut tables.hull_face_x,
        &mut tables.hull_face_y,
        &mut tables.hull_face_z,
        &mut tables.hull_face_offset,
    ] {
        words.numbers(&mut column[..hull_faces]);
    }
    for column in [&mut tables.pair_first, &mut tables.pair_second, &mut tables.pair_slot] {
        words.integers(&mut column[..pairs]);
    }
    words.integer(&mut tables.friction_combination);
    words.integer(&mut tables.has_restitution);
    words.integers(&mut tables.is_limited[..dofs]);
    words.integers(&mut tables.has_dry_friction[..dofs]);
}

/// `Scene` of the shell.
pub(super) fn scene(words: &mut impl Words, capacities: &Capacities, contact: &mut ContactLayout) {
    tables(words, capacities, &mut contact.tables);
    words.integer(&mut (contact.layers.len() as u32));
    let (mut first_height, mut first_pair) = (0, 0);
    for index in 0..capacities.layers {
        let Some(layer) = contact.layers.get(index) else {
            // Nothing reads the record of a layer that is not there.
            words.integers(&mut [0; 12]);
            continue;
        };
        let LayerFrame { mut origin, cell, mirror, top } = layer.map.frame::<f32>();
        words.vector(&mut origin);
        words.numbers(&mut [cell, mirror, top]);
        let [points_x, points_y] = layer.map.points().map(|points| points as u32);
        let end_pair = first_pair + layer.shapes.len() as u32;
        words.integers(&mut [layer.geom, points_x, points_y, first_height, first_pair, end_pair]);
        first_height += points_x * points_y;
        first_pair = end_pair;
    }
    let pairs = contact.layers.iter().flat_map(|layer| &layer.shapes);
    let records = pairs.map(|pair| [pair.geom, pair.slot]).chain(std::iter::repeat([0; 2]));
    for mut record in records.take(capacities.layer_pairs) {
        words.integers(&mut record);
    }
    let heights = contact.layers.iter().flat_map(|layer| layer.map.stored_heights());
    // A runtime-sized array holds at least one number.
    for height in heights.chain(contact.layers.is_empty().then_some(&0.0)) {
        words.number(&mut height.clone());
    }
}

/// `Integration` and `ContactParameters`.
pub(super) fn step_settings(
    words: &mut impl Words,
    integration: &mut Integration<f32>,
    contact: &mut ContactParameters<f32>,
) {
    words.number(&mut integration.timestep);
    words.integer(&mut integration.implicit_damping);
    words.integer(&mut integration.implicit_gyroscopic);
    for number in [
        &mut contact.time_step,
        &mut contact.margin,
        &mut contact.compliance,
        &mut contact.recovery_rate,
        &mut contact.recovery_speed,
        &mut contact.restitution_threshold,
    ] {
        words.number(number);
    }
}

/// `WorldParameters` of the shell.
pub(super) fn world_parameters(
    words: &mut impl Words,
    capacities: &Capacities,
    parameters: &mut WorldParameters<f32>,
) {
    body_parameters(words, capacities, &mut parameters.bodies);
    for geom in &mut parameters.geoms[..capacities.geoms] {
        geom_parameters(words, geom);
    }
    let JointLimits { lower, upper, friction_loss } = &mut parameters.limits;
    for column in [lower, upper, friction_loss] {
        words.numbers(&mut column[..capacities.dofs]);
    }
}

fn body_parameters(words: &mut impl Words, capacities: &Capacities, parameters: &mut Parameters<f32>) {
    let Capacities { bodies, dofs, actuators, .. } = *capacities;
    words.vector(&mut parameters.gravity);
    words.vectors(&mut parameters.offset[..bodies]);
    parameters.turn[..bodies].iter_mut().for_each(|turn| words.matrix(turn));
    words.vectors(&mut parameters.axis[..bodies]);
    words.numbers(&mut parameters.mass[..bodies]);
    words.vectors(&mut parameters.center[..bodies]);
    for Symmetric3 { xx, yy, zz, xy, xz, yz } in &mut parameters.inertia[..bodies] {
        [xx, yy, zz, xy, xz, yz].into_iter().for_each(|value| words.number(value));
    }
    words.numbers(&mut parameters.armature[..dofs]);
    words.numbers(&mut parameters.damping[..dofs]);
    for column in [
        &mut parameters.kp,
        &mut parameters.kd,
        &mut parameters.effort_limit,
        &mut parameters.inverse_velocity_limit,
    ] {
        words.numbers(&mut column[..actuators]);
    }
}

fn geom_parameters(words: &mut impl Words, geom: &mut GeomParameters<f32>) {
    words.vector(&mut geom.pose.position);
    words.matrix(&mut geom.pose.rotation);
    words.vector(&mut geom.size);
    words.number(&mut geom.friction);
    words.number(&mut geom.restitution);
}

/// `WorldState` of the shell.
pub(super) fn world_state(words: &mut impl Words, capacities: &Capacities, group: &mut Group<f32>) {
    let Capacities { coordinates, dofs, contacts, .. } = *capacities;
    words.numbers(&mut group.motion.position[..coordinates]);
    words.numbers(&mut group.motion.velocity[..dofs]);
    let memory = &mut group.memory;
    // The native engine remembers more contacts than a kernel has room for.
    memory.count = memory.count.min(contacts as u32);
    words.integer(&mut memory.count);
    words.integers(&mut memory.slots[..contacts]);
    words.vectors(&mut memory.impulses[..contacts]);
    words.numbers(&mut memory.limit_impulses[..dofs]);
    words.numbers(&mut memory.dry_impulses[..dofs]);
}

/// `StepReport`.
pub(super) fn report(words: &mut impl Words, capacities: &Capacities, report: &mut StepReport<f32>) {
    words.numbers(&mut report.acceleration[..capacities.dofs]);
    words.vectors(&mut report.geom_force[..capacities.geoms]);
    words.integer(&mut report.contacts);
    words.integer(&mut report.overflow);
    words.number(&mut report.loaded);
    words.number(&mut report.health);
}
