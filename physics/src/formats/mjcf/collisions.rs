//! Which bodies may touch: MuJoCo's masks (`contype`, `conaffinity`) and `<exclude>`, which work shape by
//! shape, as pairs of bodies. A file whose masks tell shapes of one body apart is refused.

use mjcf_rs::{BodyId, Model, body::Geom};

use super::{
    super::FormatError,
    bodies::{Tree, body_name, collides},
};

pub(super) fn convert(file: &Model, tree: &Tree) -> Result<Vec<[String; 2]>, FormatError> {
    for &body in &tree.sources {
        for &fixed in &tree.scene_sources {
            if pair(file, body, fixed)? == Some(false) || excluded(file, body, fixed) {
                let element = format!("<body name=\"{}\">", body_name(file, body));
                let reason = "its masks keep it apart from a shape of the scene, which all bodies touch here";
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
            if !related && !excluded(file, a, b) && pair(file, a, b)? == Some(true) {
                pairs.push([body_name(file, a), body_name(file, b)]);
            }
        }
    }
    Ok(pairs)
}

/// Whether the shapes of two bodies touch; `None` when one has none.
fn pair(file: &Model, a: BodyId, b: BodyId) -> Result<Option<bool>, FormatError> {
    let shapes = |id: BodyId| file.bodies[id].body.geoms.iter().filter(|geom| collides(geom));
    let mut answer = None;
    for first in shapes(a) {
        for second in shapes(b) {
            let touch = masks_meet(first, second);
            if answer.is_some_and(|answer| answer != touch) {
                let element = format!("<body name=\"{}\">", body_name(file, a));
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
