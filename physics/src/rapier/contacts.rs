//! Contacts as rapier solved them.

use super::world::World;

/// A contact point that carried a force in the latest step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RapierContact {
    /// The body that the force acts on, in the order of the model.
    pub body: usize,
    /// The other body; `None` is the scene.
    pub other: Option<usize>,
    /// The point in the world in m.
    pub point: [f64; 3],
    /// Unit normal in the world, from the other side into `body`.
    pub normal: [f64; 3],
    /// Force along the normal on `body` in N.
    pub normal_force: f64,
}

impl World {
    pub fn contacts(&self) -> Vec<RapierContact> {
        let mut contacts = Vec::new();
        let inverse_step = 1.0 / f64::from(self.rapier.integration_parameters.dt);
        for pair in self.rapier.narrow_phase.contact_pairs() {
            let colliders = [pair.collider1, pair.collider2].map(|handle| self.rapier.colliders.get(handle));
            let [Some(first), Some(second)] = colliders else { continue };
            // Tag 0 is the scene, i + 1 is body i.
            let tag = |user_data: u128| (user_data as usize).checked_sub(1);
            let (body, other, sign) = match (tag(first.user_data), tag(second.user_data)) {
                (Some(body), other) => (body, other, -1.0),
                (None, Some(body)) => (body, None, 1.0),
                (None, None) => continue,
            };
            let Some(rigid) = pair.rigid() else { continue };
            for manifold in &rigid.manifolds {
                let normal = manifold.data.normal.to_array().map(|x| sign * f64::from(x));
                for contact in manifold.points.iter().filter(|contact| contact.data.impulse > 0.0) {
                    let point = first.position().transform_point(contact.local_p1);
                    contacts.push(RapierContact {
                        body,
                        other,
                        point: point.to_array().map(f64::from),
                        normal,
                        normal_force: f64::from(contact.data.impulse) * inverse_step,
                    });
                }
            }
        }
        contacts
    }
}
