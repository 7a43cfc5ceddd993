//! Where the elements of an MJCF file stand: line, tag and name, and the file where it is an included one, in the order in
//! which `mjcf-rs` reads them.

use mjcf_rs::BodyId;

/// Of a body and what is in it.
#[derive(Clone, Debug, Default)]
pub(super) struct BodySource {
    pub element: String,
    pub geoms: Vec<String>,
    pub joints: Vec<String>,
}

/// Of a whole file; body 0 is the world.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    pub bodies: Vec<BodySource>,
    pub actuators: Vec<String>,
    pub excludes: Vec<String>,
}

impl Default for Sources {
    fn default() -> Self {
        let world = BodySource { element: "<worldbody>".to_owned(), ..BodySource::default() };
        Self { bodies: vec![world], actuators: Vec::new(), excludes: Vec::new() }
    }
}

impl Sources {
    pub fn body(&self, body: BodyId) -> String {
        self.bodies.get(body).map_or_else(|| format!("<body> {body}"), |body| body.element.clone())
    }

    pub fn geom(&self, body: BodyId, index: usize) -> String {
        let known = self.bodies.get(body).and_then(|body| body.geoms.get(index)).cloned();
        known.unwrap_or_else(|| format!("<geom> {index} of {}", self.body(body)))
    }

    pub fn joint(&self, body: BodyId) -> String {
        let known = self.bodies.get(body).and_then(|body| body.joints.first()).cloned();
        known.unwrap_or_else(|| format!("<joint> of {}", self.body(body)))
    }
}
