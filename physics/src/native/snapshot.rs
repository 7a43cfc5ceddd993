//! Snapshots: everything that decides how a batch goes on, bit for bit.

use serde::{Deserialize, Serialize};

use super::lane::Lane;
use super::options::{Fault, WorldsError, WorldsOptions};
use super::parameters::Parameter;
use super::worlds::{FaultCounts, Group, Worlds, Written};
use crate::contact::tables::rules::MAX_CONTACTS;

/// The layout of snapshots; another one is refused.
const VERSION: u32 = 4;

/// The state of a batch of worlds. Numbers are kept as the bits of an `f64`, which holds an `f32` exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorldsSnapshot {
    version: u32,
    model: String,
    /// Hash of all that the model says ([`Worlds::model_hash`]).
    model_hash: u64,
    /// What decides, with the model and the state, how the batch goes on; threads do not, and are one here.
    options: WorldsOptions,
    num_worlds: usize,
    width: usize,
    groups: Vec<GroupSnapshot>,
    faults: Vec<Option<Fault>>,
    fault_counts: [u64; 2],
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct GroupSnapshot {
    /// Slots of the remembered contacts.
    slots: Vec<u32>,
    contacts: u32,
    overflow: u32,
    numbers: Vec<u64>,
    /// The group's own parameters in the order of `Worlds::parameters`, lane by lane.
    parameters: Option<Vec<u64>>,
}

impl<L: Lane> Worlds<L> {
    /// The state of all worlds: positions, velocities, controls, applied forces, warm start of the contact
    /// solver, sensor readings, faults and parameters of their own.
    pub fn snapshot(&mut self) -> WorldsSnapshot {
        let parameters = self.parameters();
        let groups = (0..self.groups.len()).map(|index| self.group_snapshot(index, &parameters)).collect();
        WorldsSnapshot {
            version: VERSION,
            model: self.layout.name.clone(),
            model_hash: self.model_hash,
            options: WorldsOptions { threads: 1, ..self.options.clone() },
            num_worlds: self.num_worlds(),
            width: L::WIDTH,
            groups,
            faults: self.faults.clone(),
            fault_counts: [self.fault_counts.non_finite, self.fault_counts.diverged],
        }
    }

    /// Takes over a snapshot of a batch of the same model, options (but for the threads) and lane width; the batch goes
    /// on as the other one would have.
    ///
    /// # Errors
    ///
    /// In what the snapshot differs; nothing is changed then.
    pub fn restore(&mut self, snapshot: &WorldsSnapshot) -> Result<(), WorldsError> {
        let refuse = |reason: String| Err(WorldsError::Snapshot { reason });
        if snapshot.version != VERSION {
            return refuse(format!("version {} instead of {VERSION}", snapshot.version));
        }
        if snapshot.model != self.layout.name {
            return refuse(format!("model '{}' instead of '{}'", snapshot.model, self.layout.name));
        }
        if snapshot.model_hash != self.model_hash {
            return refuse(format!(
                "model '{}' is another one of the same name: its bodies, joints, shapes, actuators or numbers differ",
                snapshot.model
            ));
        }
        if (snapshot.num_worlds, snapshot.width) != (self.num_worlds(), L::WIDTH) {
            return refuse(format!(
                "{} worlds in lanes of {} instead of {} in lanes of {}",
                snapshot.num_worlds,
                snapshot.width,
                self.num_worlds(),
                L::WIDTH
            ));
        }
        if let Some(difference) = difference(&snapshot.options, &self.options) {
            return refuse(difference);
        }
        let parameters = self.parameters();
        let mut without_contacts = self.groups[0].clone();
        without_contacts.memory.count = 0;
        let needed = numbers_of(&mut without_contacts, &self.layout).len();
        let own = self.parameter_count(&parameters)? * L::WIDTH;
        let fits = |group: &GroupSnapshot| {
            group.slots.len() <= MAX_CONTACTS
                && group.numbers.len() == (needed + 3 * group.slots.len()) * L::WIDTH
                && group.parameters.as_ref().is_none_or(|values| values.len() == own)
        };
        if snapshot.groups.len() != self.groups.len()
            || snapshot.faults.len() != self.faults.len()
            || !snapshot.groups.iter().all(fits)
        {
            return refuse("it holds another number of values".to_owned());
        }
        for (index, saved) in snapshot.groups.iter().enumerate() {
            self.restore_group(index, saved, &parameters);
        }
        let Written { states, parameters, controls, applied } = &mut self.written;
        for count in [states, parameters, controls, applied] {
            *count += 1;
        }
        self.faults.clone_from(&snapshot.faults);
        let [non_finite, diverged] = snapshot.fault_counts;
        self.fault_counts = FaultCounts { non_finite, diverged };
        Ok(())
    }

    fn parameter_count(&mut self, parameters: &[Parameter]) -> Result<usize, WorldsError> {
        parameters.iter().try_fold(0, |sum, parameter| Ok(sum + self.parameter(0, *parameter)?.len()))
    }

    fn group_snapshot(&mut self, index: usize, parameters: &[Parameter]) -> GroupSnapshot {
        let layout = &self.layout;
        let group = &mut self.groups[index];
        let slots = group.memory.slots[..group.memory.count as usize].to_vec();
        let numbers = numbers_of(group, layout)
            .into_iter()
            .flat_map(|value| (0..L::WIDTH).map(|lane| value.lane(lane).to_bits()))
            .collect();
        let (contacts, overflow) = (group.report.contacts, group.report.overflow);
        let parameters = group.parameters.as_mut().map(|set| {
            let mut bits = Vec::new();
            for parameter in parameters {
                for value in super::parameters::places(set, *parameter) {
                    bits.extend((0..L::WIDTH).map(|lane| value.lane(lane).to_bits()));
                }
            }
            bits
        });
        GroupSnapshot { slots, contacts, overflow, numbers, parameters }
    }

    fn restore_group(&mut self, index: usize, saved: &GroupSnapshot, parameters: &[Parameter]) {
        let layout = &self.layout;
        let desk = self.desks[0].get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        let group = &mut self.groups[index];
        group.memory.count = saved.slots.len() as u32;
        group.memory.slots[..saved.slots.len()].copy_from_slice(&saved.slots);
        (group.report.contacts, group.report.overflow) = (saved.contacts, saved.overflow);
        for (slot, bits) in numbers_of(group, layout).into_iter().zip(saved.numbers.chunks(L::WIDTH)) {
            *slot = L::from_lanes(|lane| f64::from_bits(bits[lane]));
        }
        group.parameters = saved.parameters.as_ref().map(|values| {
            let mut set = desk.parameters.clone();
            let mut values = values.chunks(L::WIDTH);
            for parameter in parameters {
                for slot in super::parameters::places(&mut set, *parameter) {
                    if let Some(bits) = values.next() {
                        *slot = L::from_lanes(|lane| f64::from_bits(bits[lane]));
                    }
                }
            }
            set
        });
    }
}

/// The first option in which a snapshot's batch was stepped otherwise.
fn difference(saved: &WorldsOptions, own: &WorldsOptions) -> Option<String> {
    let pairs = |options: &WorldsOptions| {
        [
            ("timestep", options.timestep.to_string()),
            ("substeps", options.substeps.to_string()),
            ("implicit_damping", options.implicit_damping.to_string()),
            ("implicit_gyroscopic", options.implicit_gyroscopic.to_string()),
            ("speed_limit", options.speed_limit.to_string()),
            ("contact", format!("{:?}", options.contact)),
        ]
    };
    pairs(saved)
        .into_iter()
        .zip(pairs(own))
        .find(|(saved, own)| saved != own)
        .map(|((option, saved), (_, own))| format!("{option} {saved} instead of {own}"))
}

/// All numbers of a group that its future or its readings depend on, in a fixed order.
fn numbers_of<'a, L: Lane>(group: &'a mut Group<L>, layout: &crate::layout::Layout) -> Vec<&'a mut L> {
    let tree = &layout.tree;
    let dofs = tree.dofs as usize;
    let mut numbers: Vec<&mut L> = Vec::new();
    numbers.extend(&mut group.motion.position[..tree.coordinates as usize]);
    numbers.extend(&mut group.motion.velocity[..dofs]);
    numbers.extend(&mut group.control[..tree.actuators as usize]);
    numbers.extend(&mut group.applied[..dofs]);
    numbers.extend(&mut group.report.acceleration[..dofs]);
    numbers.extend(&mut group.memory.limit_impulses[..dofs]);
    numbers.extend(&mut group.memory.dry_impulses[..dofs]);
    let impulses = group.memory.impulses[..group.memory.count as usize].iter_mut();
    let forces = group.report.geom_force[..layout.geoms.len()].iter_mut();
    for v in impulses.chain(forces) {
        numbers.extend([&mut v.x, &mut v.y, &mut v.z]);
    }
    numbers.extend([&mut group.report.loaded, &mut group.report.health]);
    numbers
}
