//! The native engine: a batch of independent worlds of one model, stepped in lane groups on several threads.
//!
//! A lane group is stepped as if it were one world, by the rules over a lane scalar: worlds share nothing
//! but the instructions, so what happens in a world does not depend on its neighbours. Threads take whole
//! groups, hence results do not depend on their number either.

use std::sync::{Mutex, PoisonError};

use pentathlon_engine::Threads;
use wide::f32x8;

use super::lane::Lane;
use super::options::{Fault, WorldsError, WorldsOptions};
use super::records::{empty_motion, empty_step, splat_parameters};
use crate::capacity::rules::{MAX_ACTUATORS, MAX_DOFS};
use crate::collision::height_layer::rules::HeightWindow;
use crate::collision::height_map::HeightMap;
use crate::contact::joints::rules::JointLimits;
use crate::contact::layers::{SceneLayer, detect_layer_contacts};
use crate::contact::layout::ContactLayout;
use crate::contact::solver::rules::impulse_on_a;
use crate::contact::tables::rules::{
    ContactMemory, ContactParameters, ContactTables, ContactWorkspace, GeomParameters, MAX_GEOMS,
};
use crate::dynamics::integrator::rules::{Integration, SmoothStep};
use crate::dynamics::tree::rules::{Motion, Parameters, Tree};
use crate::dynamics::world_step::rules::{begin_world_step, end_world_step};
use crate::layout::Layout;
use crate::model::ModelDescription;
use crate::vector::rules::{Vector3, add3, scale3, sub3, zero3};

/// A batch of independent worlds of one model.
#[derive(Debug)]
pub struct Worlds<L = f32x8> {
    pub(super) layout: Layout,
    pub(super) contact_layout: ContactLayout,
    pub(super) options: WorldsOptions,
    pub(super) groups: Vec<Group<L>>,
    pub(super) faults: Vec<Option<Fault>>,
    pub(super) fault_counts: FaultCounts,
    threads: Threads,
    /// Working memory; a thread takes one while it steps.
    pub(super) desks: Vec<Mutex<Box<Desk<L>>>>,
}

/// How often worlds have become faulty since the batch was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultCounts {
    /// Worlds with something that is not a number.
    pub non_finite: u64,
    /// Worlds that went over the speed limit.
    pub diverged: u64,
}

/// The state of a lane group and what its last step left behind.
#[derive(Clone, Debug)]
pub(super) struct Group<L> {
    pub(super) motion: Motion<L>,
    pub(super) control: [L; MAX_ACTUATORS],
    pub(super) applied: [L; MAX_DOFS],
    pub(super) memory: ContactMemory<L>,
    /// The worlds' own parameters, if any of them differs from the model's.
    pub(super) parameters: Option<Box<WorldParameters<L>>>,
    /// Change of the velocities per second in the last physics step.
    pub(super) acceleration: [L; MAX_DOFS],
    /// Contact force on every shape, mean over the last call of `step`, in N.
    pub(super) geom_force: [Vector3<L>; MAX_GEOMS],
    /// Contact points at work in the group in the last physics step, points without room included.
    pub(super) contacts: u32,
    pub(super) overflow: u32,
    /// Per lane, the number of contact points that carry load.
    pub(super) loaded: L,
    /// Not a number in lanes that hold something that is none; else the largest speed.
    pub(super) health: L,
}

/// The physical constants of the worlds of a group.
#[derive(Clone, Debug)]
pub(super) struct WorldParameters<L> {
    pub(super) bodies: Parameters<L>,
    pub(super) geoms: [GeomParameters<L>; MAX_GEOMS],
    pub(super) limits: JointLimits<L>,
}

/// What a thread works with.
#[derive(Debug)]
pub(super) struct Desk<L> {
    pub(super) tree: Tree,
    pub(super) tables: ContactTables,
    pub(super) layers: Vec<SceneLayer>,
    pub(super) window: Box<HeightWindow<L>>,
    pub(super) integration: Integration<L>,
    pub(super) contact_parameters: ContactParameters<L>,
    pub(super) sweeps: u32,
    pub(super) substeps: u32,
    pub(super) work: Box<SmoothStep<L>>,
    pub(super) contacts: Box<ContactWorkspace<L>>,
    /// The model's own parameters.
    pub(super) parameters: Box<WorldParameters<L>>,
}

impl<L: Lane> Worlds<L> {
    /// `options.num_worlds` worlds at the model's initial position, at rest, with controls zero.
    ///
    /// # Errors
    ///
    /// What is wrong with the model or the options, by name.
    pub fn new(model: &ModelDescription, options: WorldsOptions) -> Result<Self, WorldsError> {
        options.check()?;
        let layout = Layout::new(model)?;
        let contact_layout = ContactLayout::new(&layout)?;
        let mut motion = empty_motion::<L>();
        for (slot, value) in motion.position.iter_mut().zip(&layout.initial_position) {
            *slot = L::splat(*value);
        }
        let zero = L::splat(0.0);
        let group = Group {
            motion,
            control: [zero; MAX_ACTUATORS],
            applied: [zero; MAX_DOFS],
            memory: ContactMemory::default(),
            parameters: None,
            acceleration: [zero; MAX_DOFS],
            geom_force: [zero3(); MAX_GEOMS],
            contacts: 0,
            overflow: 0,
            loaded: zero,
            health: zero,
        };
        let parameters = Box::new(WorldParameters {
            bodies: *splat_parameters(&layout.parameters),
            geoms: *contact_layout.geoms_in(L::splat),
            limits: *contact_layout.limits_in(L::splat),
        });
        let desk = || {
            Mutex::new(Box::new(Desk {
                tree: layout.tree,
                tables: *contact_layout.tables,
                layers: contact_layout.layers.clone(),
                window: HeightMap::empty_window(),
                integration: Integration {
                    timestep: L::splat(options.timestep),
                    implicit_damping: u32::from(options.implicit_damping),
                    implicit_gyroscopic: u32::from(options.implicit_gyroscopic),
                },
                contact_parameters: options.contact.parameters(options.timestep, L::splat),
                sweeps: options.contact.sweeps,
                substeps: options.substeps,
                work: empty_step(),
                contacts: ContactWorkspace::boxed(),
                parameters: parameters.clone(),
            }))
        };
        let desks = (0..options.threads).map(|_| desk()).collect();
        let threads = Threads::new(options.threads)
            .map_err(|reason| WorldsError::Threads { count: options.threads, reason })?;
        Ok(Self {
            groups: vec![group; options.num_worlds.div_ceil(L::WIDTH)],
            faults: vec![None; options.num_worlds],
            fault_counts: FaultCounts::default(),
            threads,
            desks,
            layout,
            contact_layout,
            options,
        })
    }

    /// The compiled model.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The options the batch was built with.
    pub fn options(&self) -> &WorldsOptions {
        &self.options
    }

    /// Number of worlds.
    pub fn num_worlds(&self) -> usize {
        self.options.num_worlds
    }

    /// What is wrong with each world since its state was last set. A faulty world is stepped on with what
    /// it holds and disturbs no other; set its state to bring it back.
    pub fn faults(&self) -> &[Option<Fault>] {
        &self.faults
    }

    /// How many faults there have been.
    pub fn fault_counts(&self) -> FaultCounts {
        self.fault_counts
    }

    /// Mean number of contact points that carried load in the last physics step, over the worlds.
    pub fn mean_contacts(&self) -> f64 {
        let sum: f64 = (0..self.num_worlds())
            .map(|world| self.groups[world / L::WIDTH].loaded.lane(world % L::WIDTH))
            .sum();
        sum / self.num_worlds() as f64
    }

    /// Contact points that found no room in the last physics step, over all groups.
    pub fn contact_overflow(&self) -> u64 {
        self.groups.iter().map(|group| u64::from(group.overflow)).sum()
    }

    /// `options.substeps` physics steps of all worlds under the controls and applied forces set before.
    pub fn step(&mut self) {
        let Self { groups, threads, desks, .. } = self;
        let chunk = groups.len().div_ceil(desks.len() * 4).clamp(1, 16);
        let rows = groups.len();
        let pointer = Groups(groups.as_mut_ptr());
        threads.run(rows, chunk, &|range| {
            let pointer = &pointer;
            let mut desk = free_desk(desks);
            for index in range {
                // SAFETY: `Threads::run` hands out every index once, and `groups` outlives the run.
                let group = unsafe { &mut *pointer.0.add(index) };
                desk.step(group);
            }
        });
        self.look_for_faults();
    }

    fn look_for_faults(&mut self) {
        let limit = self.options.speed_limit;
        for (world, fault) in self.faults.iter_mut().enumerate() {
            let health = self.groups[world / L::WIDTH].health.lane(world % L::WIDTH);
            if health.is_nan() && *fault != Some(Fault::NonFinite) {
                *fault = Some(Fault::NonFinite);
                self.fault_counts.non_finite += 1;
            } else if health > limit && fault.is_none() {
                *fault = Some(Fault::Diverged);
                self.fault_counts.diverged += 1;
            }
        }
    }

    /// A group, and the working memory of the calling thread.
    pub(super) fn group_and_desk(&mut self, index: usize) -> (&mut Group<L>, &mut Desk<L>) {
        let desk = self.desks[0].get_mut().unwrap_or_else(PoisonError::into_inner);
        (&mut self.groups[index], desk)
    }

    pub(super) fn own_desk(&mut self) -> &mut Desk<L> {
        self.desks[0].get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The groups, shared out among threads by index.
struct Groups<L>(*mut Group<L>);

// SAFETY: threads reach disjoint groups.
unsafe impl<L: Lane> Sync for Groups<L> {}

/// A desk nobody works at: there are as many as threads.
fn free_desk<L>(desks: &[Mutex<Box<Desk<L>>>]) -> std::sync::MutexGuard<'_, Box<Desk<L>>> {
    loop {
        for desk in desks {
            match desk.try_lock() {
                Ok(free) => return free,
                Err(std::sync::TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(std::sync::TryLockError::WouldBlock) => {}
            }
        }
        std::thread::yield_now();
    }
}

impl<L: Lane> Desk<L> {
    fn step(&mut self, group: &mut Group<L>) {
        let geoms = self.tables.geom_count as usize;
        let dofs = self.tree.dofs as usize;
        group.geom_force[..geoms].fill(zero3());
        let parameters = group.parameters.as_mut().unwrap_or(&mut self.parameters);
        for substep in 0..self.substeps {
            let last = substep + 1 == self.substeps;
            if last {
                group.acceleration[..dofs].copy_from_slice(&group.motion.velocity[..dofs]);
            }
            begin_world_step(
                &mut self.tree,
                &mut self.tables,
                &mut parameters.bodies,
                &mut parameters.geoms,
                &mut self.integration,
                self.contact_parameters.margin,
                &mut group.control,
                &mut group.applied,
                &mut group.motion,
                &mut self.work,
                &mut self.contacts,
            );
            detect_layer_contacts(
                &self.layers,
                &self.tables,
                &parameters.geoms,
                self.contact_parameters.margin,
                &mut self.window,
                &mut self.contacts,
            );
            end_world_step(
                &mut self.tree,
                &mut self.tables,
                &mut parameters.geoms,
                &mut parameters.limits,
                &mut self.integration,
                self.contact_parameters,
                self.sweeps,
                &mut group.motion,
                &mut group.memory,
                &mut self.work,
                &mut self.contacts,
            );
            add_forces(&mut self.contacts, &mut group.geom_force);
        }
        let rate = L::splat(1.0) / self.integration.timestep;
        for (before, after) in group.acceleration[..dofs].iter_mut().zip(&group.motion.velocity) {
            *before = (*after - *before) * rate;
        }
        let mean = rate / L::splat(f64::from(self.substeps));
        for force in &mut group.geom_force[..geoms] {
            *force = scale3(*force, mean);
        }
        group.contacts = self.contacts.contact_count;
        group.overflow = self.contacts.overflow;
        group.loaded = loaded_contacts(&self.contacts);
        group.health = self.health(group);
    }

    /// The largest speed in each lane, or not a number where any number of the state is none.
    fn health(&self, group: &Group<L>) -> L {
        let dofs = self.tree.dofs as usize;
        let zero = L::splat(0.0);
        // 0 x is zero for finite x and not a number for all others.
        let mut check = zero;
        for value in &group.motion.position[..self.tree.coordinates as usize] {
            check = check + *value * zero;
        }
        let mut fastest = zero;
        for value in &group.motion.velocity[..dofs] {
            check = check + *value * zero;
            fastest = L::max_of(fastest, L::abs_of(*value));
        }
        fastest + check
    }
}

/// Adds the impulses of a step's contacts to the sums of the shapes.
fn add_forces<L: Lane>(contacts: &mut ContactWorkspace<L>, sums: &mut [Vector3<L>; MAX_GEOMS]) {
    for index in 0..contacts.contact_count {
        let contact = contacts.contacts[index as usize];
        let impulse = impulse_on_a(contacts, index);
        let (a, b) = (contact.geom_a as usize, contact.geom_b as usize);
        sums[a] = add3(sums[a], impulse);
        sums[b] = sub3(sums[b], impulse);
    }
}

/// How many contacts carry load, in each lane.
fn loaded_contacts<L: Lane>(contacts: &ContactWorkspace<L>) -> L {
    let (zero, one) = (L::splat(0.0), L::splat(1.0));
    contacts.blocks[..contacts.contact_count as usize]
        .iter()
        .fold(zero, |sum, block| sum + L::select_positive(block.impulse.x, one, zero))
}
