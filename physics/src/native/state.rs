//! Reading and writing the state of worlds, one or many.

use super::lane::Lane;
use super::options::WorldsError;
use super::worlds::Worlds;
use crate::dynamics::tree::rules::JOINT_FREE;
use crate::vector::rules::zero3;

impl<L: Lane> Worlds<L> {
    pub(super) fn check_world(&self, world: usize) -> Result<(), WorldsError> {
        check_index("world", world, self.num_worlds())
    }

    /// Puts a world into a state and forgets its contacts and faults. `position` holds the coordinates (free
    /// joint: origin, quaternion w x y z), `velocity` the velocities (free joint: world velocity of the
    /// origin, angular velocity in the body frame). A quaternion of another length than 1 is scaled to it. All other
    /// numbers are taken as they are: a world with one that is not finite is reported after the next step.
    ///
    /// # Errors
    ///
    /// A world that does not exist, or slices of other lengths than the model's.
    pub fn set_state(&mut self, world: usize, position: &[f64], velocity: &[f64]) -> Result<(), WorldsError> {
        self.check_world(world)?;
        check_length("position", position, self.layout.tree.coordinates as usize)?;
        check_length("velocity", velocity, self.layout.tree.dofs as usize)?;
        let lane = world % L::WIDTH;
        let group = &mut self.groups[world / L::WIDTH];
        for (slot, value) in group.motion.position.iter_mut().zip(position) {
            slot.set_lane(lane, *value);
        }
        let tree = &self.layout.tree;
        for body in (0..tree.bodies as usize).filter(|body| tree.joint[*body] == JOINT_FREE) {
            let first = tree.first_coordinate[body] as usize + 3;
            let norm = position[first..first + 4].iter().map(|part| part * part).sum::<f64>().sqrt();
            // States that were read are set again bit for bit.
            if norm.is_finite() && norm > 0.0 && (norm - 1.0).abs() > 1e-6 {
                for (slot, part) in group.motion.position[first..first + 4].iter_mut().zip(&position[first..])
                {
                    slot.set_lane(lane, part / norm);
                }
            }
        }
        for (slot, value) in group.motion.velocity.iter_mut().zip(velocity) {
            slot.set_lane(lane, *value);
        }
        let memory = &mut group.memory;
        for impulse in &mut memory.impulses {
            for component in [&mut impulse.x, &mut impulse.y, &mut impulse.z] {
                component.set_lane(lane, 0.0);
            }
        }
        for impulse in memory.limit_impulses.iter_mut().chain(&mut memory.dry_impulses) {
            impulse.set_lane(lane, 0.0);
        }
        for value in &mut group.report.acceleration {
            value.set_lane(lane, 0.0);
        }
        for force in &mut group.report.geom_force {
            for component in [&mut force.x, &mut force.y, &mut force.z] {
                component.set_lane(lane, 0.0);
            }
        }
        group.report.health.set_lane(lane, 0.0);
        self.faults[world] = None;
        self.written.states += 1;
        Ok(())
    }

    /// Puts several worlds into states: row i of `positions` and `velocities` is for world `worlds[i]`.
    ///
    /// # Errors
    ///
    /// As [`Worlds::set_state`]; nothing is changed then.
    pub fn set_states(
        &mut self,
        worlds: &[usize],
        positions: &[f64],
        velocities: &[f64],
    ) -> Result<(), WorldsError> {
        let (coordinates, dofs) = (self.layout.tree.coordinates as usize, self.layout.tree.dofs as usize);
        check_length("positions", positions, worlds.len() * coordinates)?;
        check_length("velocities", velocities, worlds.len() * dofs)?;
        for world in worlds {
            self.check_world(*world)?;
        }
        for (index, world) in worlds.iter().enumerate() {
            let position = &positions[index * coordinates..(index + 1) * coordinates];
            self.set_state(*world, position, &velocities[index * dofs..(index + 1) * dofs])?;
        }
        Ok(())
    }

    /// Writes the coordinates and velocities of a world.
    ///
    /// # Errors
    ///
    /// A world that does not exist, or slices of other lengths than the model's.
    pub fn state(&self, world: usize, position: &mut [f64], velocity: &mut [f64]) -> Result<(), WorldsError> {
        self.check_world(world)?;
        check_length("position", position, self.layout.tree.coordinates as usize)?;
        check_length("velocity", velocity, self.layout.tree.dofs as usize)?;
        let lane = world % L::WIDTH;
        let motion = &self.groups[world / L::WIDTH].motion;
        for (value, slot) in position.iter_mut().zip(&motion.position) {
            *value = slot.lane(lane);
        }
        for (value, slot) in velocity.iter_mut().zip(&motion.velocity) {
            *value = slot.lane(lane);
        }
        Ok(())
    }

    /// Writes the coordinates and velocities of several worlds: row i of `positions` and `velocities` is of world `worlds[i]`.
    ///
    /// # Errors
    ///
    /// As [`Worlds::state`]; nothing is written then.
    pub fn states(
        &self,
        worlds: &[usize],
        positions: &mut [f64],
        velocities: &mut [f64],
    ) -> Result<(), WorldsError> {
        let (coordinates, dofs) = (self.layout.tree.coordinates as usize, self.layout.tree.dofs as usize);
        check_length("positions", positions, worlds.len() * coordinates)?;
        check_length("velocities", velocities, worlds.len() * dofs)?;
        worlds.iter().try_for_each(|world| self.check_world(*world))?;
        for (index, world) in worlds.iter().enumerate() {
            let position = &mut positions[index * coordinates..(index + 1) * coordinates];
            self.state(*world, position, &mut velocities[index * dofs..(index + 1) * dofs])?;
        }
        Ok(())
    }

    /// Coordinate `coordinate` of `world`.
    ///
    /// # Panics
    ///
    /// If there is no such world or coordinate.
    pub fn position(&self, world: usize, coordinate: usize) -> f64 {
        assert!(world < self.num_worlds() && coordinate < self.layout.tree.coordinates as usize);
        self.groups[world / L::WIDTH].motion.position[coordinate].lane(world % L::WIDTH)
    }

    /// Velocity of dof `dof` of `world`.
    ///
    /// # Panics
    ///
    /// If there is no such world or dof.
    pub fn velocity(&self, world: usize, dof: usize) -> f64 {
        assert!(world < self.num_worlds() && dof < self.layout.tree.dofs as usize);
        self.groups[world / L::WIDTH].motion.velocity[dof].lane(world % L::WIDTH)
    }

    /// Sets the control of every actuator of every world: `[num_worlds, actuators]`. An actuator whose value is not a
    /// finite number gives nothing, and its world is reported ([`Fault::NonFinite`](super::Fault::NonFinite)) after the step.
    ///
    /// # Errors
    ///
    /// A slice of another length.
    pub fn set_controls(&mut self, controls: &[f32]) -> Result<(), WorldsError> {
        let actuators = self.layout.tree.actuators as usize;
        check_length("controls", controls, self.num_worlds() * actuators)?;
        if actuators == 0 {
            return Ok(());
        }
        self.written.controls += 1;
        for (group, rows) in self.groups.iter_mut().zip(controls.chunks(L::WIDTH * actuators)) {
            for (actuator, slot) in group.control[..actuators].iter_mut().enumerate() {
                for (lane, row) in rows.chunks_exact(actuators).enumerate() {
                    slot.set_lane(lane, f64::from(row[actuator]));
                }
            }
        }
        Ok(())
    }

    /// Sets the controls of one world.
    ///
    /// # Errors
    ///
    /// A world that does not exist, or a slice of another length than there are actuators.
    pub fn set_control(&mut self, world: usize, control: &[f64]) -> Result<(), WorldsError> {
        self.check_world(world)?;
        check_length("control", control, self.layout.tree.actuators as usize)?;
        self.written.controls += 1;
        for (slot, value) in self.groups[world / L::WIDTH].control.iter_mut().zip(control) {
            slot.set_lane(world % L::WIDTH, *value);
        }
        Ok(())
    }

    /// Sets the generalised forces (N, N m) that act on a world beside its actuators, until set again.
    ///
    /// # Errors
    ///
    /// A world that does not exist, or a slice of another length than there are dofs.
    pub fn set_applied(&mut self, world: usize, force: &[f64]) -> Result<(), WorldsError> {
        self.check_world(world)?;
        check_length("applied force", force, self.layout.tree.dofs as usize)?;
        self.written.applied += 1;
        for (slot, value) in self.groups[world / L::WIDTH].applied.iter_mut().zip(force) {
            slot.set_lane(world % L::WIDTH, *value);
        }
        Ok(())
    }

    /// Contact force on shape `geom` of a world, mean over the last call of `step`, world axes, in N.
    ///
    /// # Errors
    ///
    /// A world or shape that does not exist.
    pub fn geom_force(&self, world: usize, geom: usize) -> Result<[f64; 3], WorldsError> {
        self.check_world(world)?;
        check_index("geom", geom, self.layout.geoms.len())?;
        let force = self.groups[world / L::WIDTH].report.geom_force[geom];
        let lane = world % L::WIDTH;
        Ok([force.x.lane(lane), force.y.lane(lane), force.z.lane(lane)])
    }

    /// Contact forces on the shapes `geoms` of every world, means over the last call of `step`, world axes, in N:
    /// `forces` is `[num_worlds, geoms, 3]`.
    ///
    /// # Errors
    ///
    /// A shape that does not exist, or a slice of another length.
    pub fn geom_forces(&self, geoms: &[usize], forces: &mut [f32]) -> Result<(), WorldsError> {
        check_length("forces", forces, self.num_worlds() * geoms.len() * 3)?;
        geoms.iter().try_for_each(|geom| check_index("geom", *geom, self.layout.geoms.len()))?;
        for (world, row) in forces.chunks_exact_mut(3 * geoms.len().max(1)).enumerate() {
            let (report, lane) = (&self.groups[world / L::WIDTH].report, world % L::WIDTH);
            for (geom, force) in geoms.iter().zip(row.chunks_exact_mut(3)) {
                let found = report.geom_force[*geom];
                force.copy_from_slice(&[found.x, found.y, found.z].map(|value| value.lane(lane) as f32));
            }
        }
        Ok(())
    }

    /// Contact force on all shapes of a movable body together (bodies fixed to it included), mean over the last call of
    /// `step`, world axes, in N.
    ///
    /// # Errors
    ///
    /// A world or body that does not exist.
    pub fn body_force(&self, world: usize, body: usize) -> Result<[f64; 3], WorldsError> {
        self.check_world(world)?;
        check_index("body", body, self.layout.body_names.len())?;
        let mut sum = zero3::<f64>();
        for (geom, _) in self.layout.geoms.iter().enumerate().filter(|(_, geom)| geom.body == Some(body)) {
            let [x, y, z] = self.geom_force(world, geom)?;
            sum = crate::vector::rules::add3(sum, crate::vector::rules::vector3(x, y, z));
        }
        Ok([sum.x, sum.y, sum.z])
    }

    /// Whether shape `geom` of a world (a foot) carried more than `threshold` N in the last call of `step`.
    ///
    /// # Errors
    ///
    /// A world or shape that does not exist.
    pub fn in_contact(&self, world: usize, geom: usize, threshold: f64) -> Result<bool, WorldsError> {
        let [x, y, z] = self.geom_force(world, geom)?;
        Ok((x * x + y * y + z * z).sqrt() > threshold)
    }
}

pub(super) fn check_index(kind: &'static str, index: usize, count: usize) -> Result<(), WorldsError> {
    if index < count { Ok(()) } else { Err(WorldsError::Index { kind, index, count }) }
}

pub(super) fn check_length<T>(what: &'static str, slice: &[T], expected: usize) -> Result<(), WorldsError> {
    if slice.len() == expected {
        Ok(())
    } else {
        Err(WorldsError::Length { what, found: slice.len(), expected })
    }
}
