//! The native engine: a batch of independent worlds of one model, stepped in lane groups on several threads.
//!
//! A lane group is stepped as if it were one world, by the rules over a lane scalar: worlds share the instructions
//! and the room for contacts, so what happens in a world does not depend on its neighbours as long as no
//! contact is left out ([`Worlds::contact_overflow`]). Threads take whole groups, hence results do not depend
//! on their number either.

use std::hash::Hasher;
use std::sync::{Mutex, PoisonError};

use pentathlon_engine::Threads;
use wide::f32x8;

use super::lane::Lane;
use super::options::{Fault, WorldsError, WorldsOptions};
use super::records::{StepMemory, empty_motion, empty_report, empty_step, splat_parameters};
use crate::capacity::rules::{MAX_ACTUATORS, MAX_DOFS};
use crate::collision::height_layer::rules::HeightWindow;
use crate::collision::height_map::HeightMap;
use crate::contact::joints::rules::JointLimits;
use crate::contact::layers::{SceneLayer, detect_layer_contacts};
use crate::contact::layout::ContactLayout;
use crate::contact::tables::rules::{
    ContactMemory, ContactParameters, ContactTables, ContactWorkspace, GeomParameters, MAX_GEOMS,
};
use crate::dynamics::integrator::rules::Integration;
use crate::dynamics::step_report::rules::{
    StepReport, add_contact_impulses, begin_report, finish_report, note_velocities,
};
use crate::dynamics::tree::rules::{Motion, Parameters, Tree};
use crate::dynamics::world_step::rules::{begin_world_step, end_world_step};
use crate::layout::Layout;
use crate::model::ModelDescription;

/// A batch of independent worlds of one model.
#[derive(Debug)]
pub struct Worlds<L = f32x8> {
    pub(crate) layout: Layout,
    pub(crate) contact_layout: ContactLayout,
    pub(crate) options: WorldsOptions,
    /// FNV-1a hash of the model's description, by which snapshots of other models are told apart.
    pub(crate) model_hash: u64,
    pub(crate) groups: Vec<Group<L>>,
    pub(crate) faults: Vec<Option<Fault>>,
    pub(crate) fault_counts: FaultCounts,
    /// How often the host has written to the batch, by which a device knows what it lacks.
    pub(crate) written: Written,
    threads: Threads,
    /// Working memory; a thread takes one while it steps.
    pub(crate) desks: Vec<Mutex<Box<Desk<L>>>>,
}

/// How often states, parameters, controls and applied forces have been set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) states: u64,
    pub(crate) parameters: u64,
    pub(crate) controls: u64,
    pub(crate) applied: u64,
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
pub(crate) struct Group<L> {
    pub(crate) motion: Motion<L>,
    pub(crate) control: [L; MAX_ACTUATORS],
    pub(crate) applied: [L; MAX_DOFS],
    pub(crate) memory: ContactMemory<L>,
    /// The worlds' own parameters, if any of them differs from the model's.
    pub(crate) parameters: Option<Box<WorldParameters<L>>>,
    pub(crate) report: StepReport<L>,
}

/// The physical constants of the worlds of a group.
#[derive(Clone, Debug)]
pub(crate) struct WorldParameters<L> {
    pub(crate) bodies: Parameters<L>,
    pub(crate) geoms: [GeomParameters<L>; MAX_GEOMS],
    pub(crate) limits: JointLimits<L>,
}

/// What a thread works with.
#[derive(Debug)]
pub(crate) struct Desk<L> {
    pub(crate) tree: Tree,
    pub(crate) tables: ContactTables,
    pub(crate) layers: Vec<SceneLayer>,
    pub(crate) window: Box<HeightWindow<L>>,
    pub(crate) integration: Integration<L>,
    pub(crate) contact_parameters: ContactParameters<L>,
    pub(crate) sweeps: u32,
    pub(crate) substeps: u32,
    pub(crate) work: Box<StepMemory<L>>,
    pub(crate) contacts: Box<ContactWorkspace<L>>,
    /// The model's own parameters.
    pub(crate) parameters: Box<WorldParameters<L>>,
}

/// The hash of all that a description says. Its numbers are finite, so nothing of it is lost in JSON.
fn hash_of(model: &ModelDescription) -> u64 {
    let mut hasher = fnv::FnvHasher::default();
    hasher.write(serde_json::to_string(model).unwrap_or_default().as_bytes());
    hasher.finish()
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
            report: empty_report(),
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
            written: Written::default(),
            threads,
            desks,
            layout,
            contact_layout,
            options,
            model_hash: hash_of(model),
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
    /// it holds and disturbs no other while [`Worlds::contact_overflow`] is zero; set its state to bring it back.
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
            .map(|world| self.groups[world / L::WIDTH].report.loaded.lane(world % L::WIDTH))
            .sum();
        sum / self.num_worlds() as f64
    }

    /// Contact points that found no room in the last call of `step`, over all groups. While it is zero no world feels
    /// its neighbours; a list of contacts is full at 256 in the worlds of a lane group together.
    pub fn contact_overflow(&self) -> u64 {
        self.groups.iter().map(|group| u64::from(group.report.overflow)).sum()
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

    /// Runs `job` on every group, on all threads, with the `per_world` values of each of its worlds: the desk
    /// of the thread, the group, its first world, and its rows of `values`.
    pub(crate) fn on_every_group<T: Send>(
        &mut self,
        values: &mut [T],
        per_world: usize,
        job: impl Fn(&mut Desk<L>, &Group<L>, usize, &mut [T]) + Sync,
    ) {
        let Self { groups, threads, desks, .. } = self;
        let rows = Rows(values.as_mut_ptr(), values.len());
        let width = L::WIDTH * per_world;
        threads.run(groups.len(), 1, &|range| {
            let rows = &rows;
            let mut desk = free_desk(desks);
            for index in range {
                let begin = (index * width).min(rows.1);
                let length = width.min(rows.1 - begin);
                // SAFETY: `Threads::run` hands out every index once, rows of different groups do not overlap,
                // and `values` outlives the run.
                let own = unsafe { std::slice::from_raw_parts_mut(rows.0.add(begin), length) };
                job(&mut desk, &groups[index], index * L::WIDTH, own);
            }
        });
    }

    pub(crate) fn look_for_faults(&mut self) {
        let limit = self.options.speed_limit;
        for (world, fault) in self.faults.iter_mut().enumerate() {
            let health = self.groups[world / L::WIDTH].report.health.lane(world % L::WIDTH);
            if health < 0.0 && *fault != Some(Fault::NonFinite) {
                *fault = Some(Fault::NonFinite);
                self.fault_counts.non_finite += 1;
            } else if health > limit && fault.is_none() {
                *fault = Some(Fault::Diverged);
                self.fault_counts.diverged += 1;
            }
        }
    }

    /// A group, and the working memory of the calling thread.
    pub(crate) fn group_and_desk(&mut self, index: usize) -> (&mut Group<L>, &mut Desk<L>) {
        let desk = self.desks[0].get_mut().unwrap_or_else(PoisonError::into_inner);
        (&mut self.groups[index], desk)
    }

    pub(crate) fn own_desk(&mut self) -> &mut Desk<L> {
        self.desks[0].get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The groups, shared out among threads by index.
struct Groups<L>(*mut Group<L>);

// SAFETY: threads reach disjoint groups.
unsafe impl<L: Lane> Sync for Groups<L> {}

/// Values of all worlds, shared out among threads by rows.
struct Rows<T>(*mut T, usize);

// SAFETY: threads reach disjoint rows.
unsafe impl<T: Send> Sync for Rows<T> {}

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
        let parameters = group.parameters.as_mut().unwrap_or(&mut self.parameters);
        let StepMemory { kinematics, factor, bias, force, gain, whitened, clouds: [cloud_a, cloud_b] } =
            &mut *self.work;
        begin_report(&mut self.tables, &mut group.report);
        for _ in 0..self.substeps {
            note_velocities(&mut self.tree, &mut group.motion, &mut group.report);
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
                kinematics,
                factor,
                bias,
                force,
                gain,
                whitened,
                cloud_a,
                cloud_b,
                &mut self.contacts,
            );
            detect_layer_contacts(
                &self.layers,
                &mut self.tables,
                &parameters.geoms,
                self.contact_parameters.margin,
                &mut self.window,
                cloud_a,
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
                kinematics,
                factor,
                gain,
                whitened,
                &mut self.contacts,
            );
            add_contact_impulses(&mut self.contacts, &mut group.report);
        }
        finish_report(
            &mut self.tree,
            &mut self.tables,
            &mut group.motion,
            &mut group.control,
            &mut group.applied,
            self.integration.timestep,
            self.substeps,
            &mut self.contacts,
            &mut group.report,
        );
    }
}
