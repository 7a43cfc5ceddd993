// The z-buffer on the graphics pipeline: what raster.rs writes into a sample, a fragment writes here.

struct Corner {
    // To the right of the camera, up, and ahead of it, in m, before the view's width and height.
    @location(0) view: vec3<f32>,
    @location(1) normal: vec3<f32>,
    @location(2) color: vec3<f32>,
    // 1 where only every other sample is drawn.
    @location(3) see_through: f32,
    // Coincident surfaces: a little more for everything that is drawn later.
    @location(4) setback: f32,
}

struct Fragment {
    @builtin(position) position: vec4<f32>,
    @location(0) depth: f32,
    @location(1) normal: vec3<f32>,
    @location(2) color: vec3<f32>,
    @location(3) see_through: f32,
}

struct View {
    half_width: f32,
    half_height: f32,
    near: f32,
    unused: f32,
}

struct Sample {
    @location(0) normal_and_depth: vec4<f32>,
    @location(1) color: vec4<f32>,
}

@group(0) @binding(0) var<uniform> VIEW: View;

@vertex
fn place(corner: Corner) -> Fragment {
    let view = corner.view;
    var fragment: Fragment;
    // Reversed depth, near / z: 1 at the near plane, 0 at infinity.
    fragment.position = vec4<f32>(
        view.x / VIEW.half_width, view.y / VIEW.half_height, VIEW.near * (1.0 - corner.setback), view.z,
    );
    fragment.depth = view.z;
    fragment.normal = corner.normal;
    fragment.color = corner.color;
    fragment.see_through = corner.see_through;
    return fragment;
}

@fragment
fn sample(fragment: Fragment) -> Sample {
    let x = u32(fragment.position.x);
    let y = u32(fragment.position.y);
    if fragment.see_through > 0.5 && (x + y) % 2u == 0u {
        discard;
    }
    return Sample(vec4<f32>(normalize(fragment.normal), fragment.depth), vec4<f32>(fragment.color, 1.0));
}
