//! Which bodies may touch: MuJoCo's masks (`contype`, `conaffinity`) and `<exclude>`, which work shape by
//! shape, as pairs of bodies. A file whose masks tell shapes of one body apart is refused.

use mjcf_rs::{BodyId, Model, body::Geom};

use super::{
    super::FormatError,
    bodies::{Tree, body_name, collides},
    sources::Sources,
};

pub(super) fn convert(file: &Model, tree: &Tree, sources: &Sources) -> Result<Vec<[String; 2]>, FormatError> {
    check_excludes(file, sources)?;
    check_dimensions(file, tree, sources)?;
    for &body in &tree.sources {
        for &fixed in &tree.scene_sources {
            if pair(file, body, fixed, sources)? == Some(false) || excluded(file, body, fixed) {
                let element = sources.body(body);
                let reason = "its masks or an <exclude> keep it apart from a shape of the scene, which all bodies touch here";
                return Err(FormatError::unsupported(element, reason));
            }
        }
    }
    let mut pairs = Vec::new();
    for (index, &a) in tree.sources.iter().enumerate() {
        for &b in &tree.sources[index + 1..] {
            let related = welded_root(file, a) == welded_root(file, b)
                || parent_root(file, a) == Some(welded_root(file, b))
                || parent_root(file, b) == Some(welded_root(file, a));
            if !related && !excluded(file, a, b) && pair(file, a, b, sources)? == Some(true) {
                pairs.push([body_name(file, a), body_name(file, b)]);
            }
        }
    }
    Ok(pairs)
}

/// Refuses an `<exclude>` that names a body which is not there.
fn check_excludes(file: &Model, sources: &Sources) -> Result<(), FormatError> {
    for (index, exclude) in file.contact.excludes.iter().enumerate() {
        for (attribute, name) in [("body1", &exclude.body1), ("body2", &exclude.body2)] {
            let is_known = name == "world"
                || file.bodies.iter().any(|entry| entry.body.name.as_deref() == Some(name.as_str()));
            if !is_known {
                let element = sources.excludes.get(index).cloned().unwrap_or_else(|| "<exclude>".to_owned());
                let reason = format!("{attribute}=\"{name}\": there is no body of that name");
                return Err(FormatError::unsupported(element, reason));
            }
        }
    }
    Ok(())
}

/// Refuses what the engine's one friction coefficient a shape cannot say. MuJoCo gives a contact the larger `condim` of
/// its shapes and the larger friction. A shape of `condim` 1 is read as one without friction, which comes to the same
/// among themselves, and with a shape of `condim` 3 that has at least its friction.
fn check_dimensions(file: &Model, tree: &Tree, sources: &Sources) -> Result<(), FormatError> {
    let shapes = |ids: &[BodyId]| -> Vec<(BodyId, usize)> {
        let all =
            ids.iter().flat_map(|&id| (0..file.bodies[id].body.geoms.len()).map(move |index| (id, index)));
        all.filter(|&(id, index)| collides(&file.bodies[id].body.geoms[index])).collect()
    };
    let (moving, fixed) = (shapes(&tree.sources), shapes(&tree.scene_sources));
    let geom = |(id, index): (BodyId, usize)| &file.bodies[id].body.geoms[index];
    for &first in &moving {
        for &second in moving.iter().chain(&fixed) {
            let may_touch = first.0 != second.0
                && masks_meet(geom(first), geom(second))
                && !excluded(file, first.0, second.0);
            let (smooth, rough) = match (geom(first).condim, geom(second).condim) {
                (1, 3) => (first, second),
                (3, 1) => (second, first),
                _ => continue,
            };
            let [given, other] = [smooth, rough].map(|shape| geom(shape).friction[0]);
            if may_touch && given > other {
                let reason = format!(
                    "condim=\"1\" with friction {given} meets a shape of condim 3 with friction {other} ({}): MuJoCo would \
                     give the contact {given}, which is not supported; allowed is friction of 0 to {other} here, or condim=\"3\"",
                    sources.geom(rough.0, rough.1)
                );
                return Err(FormatError::unsupported(sources.geom(smooth.0, smooth.1), reason));
            }
        }
    }
    Ok(())
}

/// Whether the shapes of two bodies touch; `None` when one has none.
fn pair(file: &Model, a: BodyId, b: BodyId, sources: &Sources) -> Result<Option<bool>, FormatError> {
    let shapes = |id: BodyId| file.bodies[id].body.geoms.iter().filter(|geom| collides(geom));
    let mut answer = None;
    for first in shapes(a) {
        for second in shapes(b) {
            let touch = masks_meet(first, second);
            if answer.is_some_and(|answer| answer != touch) {
                let element = sources.body(a);
                let reason = format!(
                    "some of its shapes collide with body \"{}\" and some do not; masks must be the same \
                     for all shapes of a body",
                    body_name(file, b)
                );
                return Err(FormatError::unsupported(element, reason));
            }
            answer = Some(touch);
        }
    }
    Ok(answer)
}

fn masks_meet(a: &Geom, b: &Geom) -> bool {
    a.contype & b.conaffinity != 0 || b.contype & a.conaffinity != 0
}

fn excluded(file: &Model, a: BodyId, b: BodyId) -> bool {
    let names = [body_name(file, a), body_name(file, b)];
    file.contact.excludes.iter().any(|exclude| {
        let pair = [&exclude.body1, &exclude.body2];
        pair == [&names[0], &names[1]] || pair == [&names[1], &names[0]]
    })
}

/// The body that `id` is one with: itself, unless it has no joint.
fn welded_root(file: &Model, id: BodyId) -> BodyId {
    let mut at = id;
    while file.bodies[at].body.joints.is_empty() {
        match file.bodies[at].parent {
            Some(parent) => at = parent,
            None => break,
        }
    }
    at
}

/// The body that carries `id` by a joint; the world (0) counts as none, as in MuJoCo.
fn parent_root(file: &Model, id: BodyId) -> Option<BodyId> {
    let parent = file.bodies[welded_root(file, id)].parent?;
    Some(welded_root(file, parent)).filter(|&root| root != 0)
}
