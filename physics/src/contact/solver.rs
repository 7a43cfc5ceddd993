//! The contact solver: block Gauss-Seidel over contacts and joint rows in whitened velocities.
//!
//! Every sweep visits each contact once, computes the velocity of its point from the whitened velocities,
//! solves its own 3 x 3 problem with the exact friction cone (`friction.rs`) and applies the change at once.
//! Sweeps start from the impulses of the last step. What was compared and why this was chosen:
//! `docs/decisions/0007-contact-solver.md`.

/// Preparation, sweeps, and what is kept.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::friction::rules::*;
    use super::super::joints::rules::*;
    use super::super::rows::rules::*;
    use super::super::softness::rules::*;
    use super::super::tables::rules::*;
    use crate::capacity::rules::*;
    use crate::collision::contact_point::rules::*;
    use crate::dynamics::tree::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// A contact frame: x the normal, y and z tangents along which the inverse mass does not couple.
    ///
    /// The first tangents are those of T. Duff et al., "Building an Orthonormal Basis, Revisited" (2017); a
    /// Jacobi rotation turns them.
    pub fn contact_frame<R: Real + super::Field>(normal: Vector3<R>, mass: Symmetric3<R>) -> Matrix3<R> {
        let one = R::lit(1.0f32);
        let tiny = R::lit(9.8607613e-32f32);
        let sign = sign_of::<R>(normal.z);
        let a = -one / (sign + normal.z);
        let b = normal.x * normal.y * a;
        let first = vector3::<R>(one + sign * normal.x * normal.x * a, sign * b, -sign * normal.x);
        let second = vector3::<R>(b, sign + normal.y * normal.y * a, -normal.y);
        let image = multiply_symmetric::<R>(mass, first);
        let coupling = dot3::<R>(second, image);
        let mass_first = dot3::<R>(first, image);
        let mass_second = dot3::<R>(second, multiply_symmetric::<R>(mass, second));
        let twice = coupling + coupling;
        let coupled = R::abs_of(twice) - tiny;
        let ratio = (mass_second - mass_first) / R::select_positive(coupled, twice, one);
        let slope = sign_of::<R>(ratio) / (R::abs_of(ratio) + R::sqrt_of(ratio * ratio + one));
        let tangent = R::select_positive(coupled, slope, R::lit(0.0f32));
        let cosine = one / R::sqrt_of(tangent * tangent + one);
        let sine = tangent * cosine;
        Matrix3::<R> {
            x: normal,
            y: sub3::<R>(scale3::<R>(first, cosine), scale3::<R>(second, sine)),
            z: add3::<R>(scale3::<R>(first, sine), scale3::<R>(second, cosine)),
        }
    }

    /// What is added to the inverse mass `own` of a direction, of which the three add up to `all`: a little of all, since the
    /// inverse mass of a point that cannot move every way is singular; of itself where that would drown it, as it does the
    /// normal of a body that hardly resists being turned.
    pub fn regularisation<R: Real + super::Field>(own: R, all: R) -> R {
        // 2^-34 is above what rounding leaves of an inverse mass that is zero, the square of its relative error.
        let moves = own - all * R::lit(0.000000000058207660913467407f32);
        let drowns = all * R::lit(0.000244140625f32) - own;
        let base = R::select_positive(R::min_of(moves, drowns), own, all);
        base * R::lit(0.0000152587890625f32) + R::lit(9.8607613e-32f32)
    }

    /// Builds rows and block of the contact at `index`.
    pub fn prepare_contact<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        kinematics: ptr!(function, Kinematics<R>),
        factor: ptr!(function, ChainMatrix<R>),
        tables: ptr!(function, ContactTables),
        geoms: ptr!(function, [GeomParameters<R>; MAX_GEOMS]),
        parameters: ContactParameters<R>,
        before: ptr!(function, [R; MAX_DOFS]),
        whitened: ptr!(function, [R; MAX_DOFS]),
        index: u32,
        work: ptr!(function, ContactWorkspace<R>),
    ) {
        let zero = R::lit(0.0f32);
        let one = R::lit(1.0f32);
        let geom_a = work.contacts[index as usize].geom_a;
        let geom_b = work.contacts[index as usize].geom_b;
        let point = work.contacts[index as usize].point;
        let start = work.row_entries;
        let count = append_relative_chain::<R>(
            tree,
            kinematics,
            factor,
            work,
            tables.geom_body[geom_a as usize],
            tables.geom_body[geom_b as usize],
            point.position,
        );
        let mass = inverse_mass_of::<R>(work, start, count);
        let frame = contact_frame::<R>(point.normal, mass);
        turn_rows::<R>(work, start, count, frame);
        work.contacts[index as usize].tangent_u = frame.y;
        work.contacts[index as usize].tangent_v = frame.z;
        // From the turned rows: a normal that is much heavier than the tangents would be lost in the rounding of theirs.
        let turned = inverse_mass_of::<R>(work, start, count);
        let all = turned.xx + turned.yy + turned.zz;
        let little = regularisation::<R>(turned.xx, all);
        let mass_n = turned.xx;
        let mass_nu = turned.xy;
        let mass_nv = turned.xz;
        let mass_u = turned.yy + regularisation::<R>(turned.yy, all);
        let mass_v = turned.zz + regularisation::<R>(turned.zz, all);
        let overlap = -point.distance;
        let within = parameters.margin - point.distance;
        let kept = kept_softness::<R>(point.distance, parameters.recovery_rate, parameters.recovery_speed);
        let mut softness = R::select_positive(overlap, mass_n * parameters.compliance * kept, zero);
        let mut bias = distance_bias::<R>(
            point.distance,
            parameters.time_step,
            parameters.recovery_rate,
            parameters.recovery_speed,
        );
        if tables.has_restitution == 1u32 {
            let restitution =
                R::max_of(geoms[geom_a as usize].restitution, geoms[geom_b as usize].restitution);
            let approach = row_velocity::<R>(work, start, count, before);
            let free = row_velocity::<R>(work, start, count, whitened);
            let meets = -(point.distance + free.x * parameters.time_step);
            let fast = -approach.x - parameters.restitution_threshold;
            let bounces = R::min_of(R::min_of(meets, fast), restitution);
            softness = R::select_positive(bounces, zero, softness);
            bias = R::select_positive(bounces, R::min_of(bias, restitution * approach.x), bias);
        }
        let inverse_u = one / mass_u;
        let inverse_v = one / mass_v;
        let soft_n = mass_n + softness + little;
        let held_n =
            R::max_of(soft_n - mass_nu * mass_nu * inverse_u - mass_nv * mass_nv * inverse_v, little);
        let friction = combined_friction::<R>(
            tables.friction_combination,
            geoms[geom_a as usize].friction,
            geoms[geom_b as usize].friction,
        );
        work.blocks[index as usize] = ContactBlock::<R> {
            start: start,
            count: count,
            impulse: zero3::<R>(),
            mass_nu: mass_nu,
            mass_nv: mass_nv,
            mass_u: mass_u,
            mass_v: mass_v,
            inverse_n: one / soft_n,
            inverse_u: inverse_u,
            inverse_v: inverse_v,
            inverse_held: one / held_n,
            // In lanes where the shapes are apart nothing holds.
            bias: R::select_positive(within, bias, no_contact_distance::<R>()),
            softness: softness,
            friction: friction,
        };
    }

    /// Rows and blocks of all contacts; those that find no room for their rows are dropped and counted.
    pub fn prepare_contacts<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        kinematics: ptr!(function, Kinematics<R>),
        factor: ptr!(function, ChainMatrix<R>),
        tables: ptr!(function, ContactTables),
        geoms: ptr!(function, [GeomParameters<R>; MAX_GEOMS]),
        parameters: ContactParameters<R>,
        before: ptr!(function, [R; MAX_DOFS]),
        whitened: ptr!(function, [R; MAX_DOFS]),
        work: ptr!(function, ContactWorkspace<R>),
    ) {
        work.row_entries = 0u32;
        let mut kept = 0u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..work.contact_count {
            let contact = work.contacts[i as usize];
            let body_a = tables.geom_body[contact.geom_a as usize];
            let body_b = tables.geom_body[contact.geom_b as usize];
            let length = chain_length(tree, body_a) + chain_length(tree, body_b);
            if work.row_entries + length <= MAX_ROW_ENTRIES as u32 {
                if kept < i {
                    work.contacts[kept as usize] = contact;
                }
                prepare_contact::<R>(
                    tree, kinematics, factor, tables, geoms, parameters, before, whitened, kept, work,
                );
                kept = kept + 1u32;
            } else {
                work.overflow = work.overflow + 1u32;
            }
        }
        work.contact_count = kept;
    }

    /// Starts the contacts from the impulses of the last step; both lists ascend by slot.
    pub fn start_from_memory<R: Real + super::Field>(
        parameters: ContactParameters<R>,
        memory: ptr!(function, ContactMemory<R>),
        whitened: ptr!(function, [R; MAX_DOFS]),
        work: ptr!(function, ContactWorkspace<R>),
    ) {
        let zero = R::lit(0.0f32);
        let mut old = 0u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..work.contact_count {
            let contact = work.contacts[i as usize];
            while old < memory.count && memory.slots[old as usize] < contact.slot {
                old = old + 1u32;
            }
            if old < memory.count && memory.slots[old as usize] == contact.slot {
                let before = memory.impulses[old as usize];
                let block = work.blocks[i as usize];
                let normal = R::max_of(dot3::<R>(before, contact.point.normal), zero);
                let u = dot3::<R>(before, contact.tangent_u);
                let v = dot3::<R>(before, contact.tangent_v);
                let limit = block.friction * normal;
                let norm = R::sqrt_of(u * u + v * v + R::lit(9.8607613e-32f32));
                let scale = R::min_of(R::lit(1.0f32), limit / norm);
                let within = parameters.margin - contact.point.distance;
                let impulse = select3::<R>(within, vector3::<R>(normal, u * scale, v * scale), zero3::<R>());
                work.blocks[i as usize].impulse = impulse;
                add_impulse::<R>(work, block.start, block.count, impulse, whitened);
            }
        }
    }

    /// One sweep over the contacts.
    pub fn sweep_contacts<R: Real + super::Field>(
        whitened: ptr!(function, [R; MAX_DOFS]),
        work: ptr!(function, ContactWorkspace<R>),
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..work.contact_count {
            let start = work.blocks[i as usize].start;
            let count = work.blocks[i as usize].count;
            let velocity = row_velocity::<R>(work, start, count, whitened);
            let impulse = contact_impulse::<R>(work, i, velocity);
            let change = sub3::<R>(impulse, work.blocks[i as usize].impulse);
            work.blocks[i as usize].impulse = impulse;
            add_impulse::<R>(work, start, count, change, whitened);
        }
    }

    /// Keeps the impulses for the next step.
    pub fn remember_contacts<R: Real + super::Field>(
        work: ptr!(function, ContactWorkspace<R>),
        memory: ptr!(function, ContactMemory<R>),
    ) {
        memory.count = work.contact_count;
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..work.contact_count {
            memory.slots[i as usize] = work.contacts[i as usize].slot;
            memory.impulses[i as usize] = impulse_on_a::<R>(work, i);
        }
    }

    /// The impulse of contact `index` on its shape A, in world directions, in N s; B receives the opposite.
    pub fn impulse_on_a<R: Real + super::Field>(
        work: ptr!(function, ContactWorkspace<R>),
        index: u32,
    ) -> Vector3<R> {
        let contact = work.contacts[index as usize];
        let impulse = work.blocks[index as usize].impulse;
        add3::<R>(
            scale3::<R>(contact.point.normal, impulse.x),
            add3::<R>(scale3::<R>(contact.tangent_u, impulse.y), scale3::<R>(contact.tangent_v, impulse.z)),
        )
    }

    /// Solves all contacts, limits and dry friction of a step.
    ///
    /// `before` is L v at the start of the step, `whitened` L v' with the velocities v' that the step would
    /// reach without contacts; on return it holds those with contacts. The contacts have been detected.
    pub fn solve_contacts<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        kinematics: ptr!(function, Kinematics<R>),
        factor: ptr!(function, ChainMatrix<R>),
        motion: ptr!(function, Motion<R>),
        tables: ptr!(function, ContactTables),
        geoms: ptr!(function, [GeomParameters<R>; MAX_GEOMS]),
        limits: ptr!(function, JointLimits<R>),
        parameters: ContactParameters<R>,
        sweeps: u32,
        before: ptr!(function, [R; MAX_DOFS]),
        whitened: ptr!(function, [R; MAX_DOFS]),
        memory: ptr!(function, ContactMemory<R>),
        work: ptr!(function, ContactWorkspace<R>),
    ) {
        prepare_contacts::<R>(tree, kinematics, factor, tables, geoms, parameters, before, whitened, work);
        prepare_joints::<R>(tree, tables, parameters, limits, motion, factor, memory, whitened, work);
        start_from_memory::<R>(parameters, memory, whitened, work);
        #[wgsl_allow(non_literal_loop_bounds)]
        for _sweep in 0u32..sweeps {
            sweep_joints::<R>(whitened, work);
            sweep_contacts::<R>(whitened, work);
        }
        remember_joints::<R>(work, memory);
        remember_contacts::<R>(work, memory);
    }
}

use crate::scalar::Field;
