//! Triangles from mesh files: STL, text or binary, and Wavefront's OBJ. `mesh-loader` reads them; here their corners are
//! joined and checked.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
};

use super::inertia::volume;
use crate::{
    collision::convex_hull::convex_hull,
    layout::MAX_HULL_VERTICES,
    model::{Shape, TriangleMesh},
};

/// How much more than a mesh its hull may hold, as a share, where the mesh counts as convex.
const CONVEX: f64 = 1e-5;

/// The mesh in a file, corners at the same place joined, each number times `scale`.
///
/// # Errors
/// Why it cannot be read, with the name of the file.
pub(super) fn read_mesh(path: &Path, scale: [f64; 3]) -> Result<TriangleMesh, String> {
    let file = path.display();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
    if !["stl", "obj"].contains(&ending.as_str()) {
        return Err(format!(
            "the mesh file {file} ends neither in .stl nor in .obj; others are not supported"
        ));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read the mesh file {file}: {error}"))?;
    // Looks, which OBJ files keep in others, are of no concern.
    let nothing = |_: &Path| Err::<Vec<u8>, _>(io::Error::from(io::ErrorKind::NotFound));
    let read = match ending.as_str() {
        "stl" => mesh_loader::stl::from_slice(&bytes),
        _ => mesh_loader::obj::from_slice(&bytes, None, nothing),
    };
    let scene = read.map_err(|error| format!("the mesh file {file} is not valid: {error}"))?;
    let mut mesh = TriangleMesh { vertices: Vec::new(), triangles: Vec::new() };
    let mut places: HashMap<[u64; 3], u32> = HashMap::new();
    for part in &scene.meshes {
        let mut joined = Vec::with_capacity(part.vertices.len());
        for vertex in &part.vertices {
            // The sum makes a zero of a negative zero.
            let scaled: [f64; 3] = std::array::from_fn(|i| f64::from(vertex[i]) * scale[i] + 0.0);
            if !scaled.iter().all(|coordinate| coordinate.is_finite()) {
                return Err(format!("the mesh file {file} has a corner at {vertex:?}, which is not finite"));
            }
            joined.push(*places.entry(scaled.map(f64::to_bits)).or_insert_with(|| {
                mesh.vertices.push(scaled);
                mesh.vertices.len() as u32 - 1
            }));
        }
        for face in &part.faces {
            let corners = face.map(|corner| joined.get(corner as usize).copied());
            let [Some(a), Some(b), Some(c)] = corners else {
                return Err(format!("the mesh file {file} has a triangle with corners that are not there"));
            };
            if a != b && b != c && c != a {
                mesh.triangles.push(facing_out([a, b, c], scale));
            }
        }
    }
    if mesh.triangles.is_empty() {
        return Err(format!("the mesh file {file} holds no triangles"));
    }
    Ok(mesh)
}

/// The file that a URDF file in `folder` means: a path from there, `file://` and a path, or `package://`, the name of a
/// package and a path in it. Packages are folders of that name, `folder`, above it, or beside those.
///
/// # Errors
/// When there is no such package, or the name begins with anything else.
pub(super) fn resource_path(name: &str, folder: &Path) -> Result<PathBuf, String> {
    if let Some(path) = name.strip_prefix("file://") {
        return Ok(PathBuf::from(path));
    }
    let Some(inside) = name.strip_prefix("package://") else {
        return match name.split_once("://") {
            Some(_) => Err(format!("the mesh {name}: only paths, file:// and package:// are supported")),
            None => Ok(folder.join(name)),
        };
    };
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let (package, path) = inside.split_once('/').unwrap_or((inside, ""));
    let is_package = |folder: &&Path| folder.file_name().is_some_and(|name| name == package);
    let own = folder.ancestors().find(is_package).map(Path::to_owned);
    let beside = || folder.ancestors().map(|above| above.join(package)).find(|folder| folder.is_dir());
    own.or_else(beside)
        .map(|found| found.join(path))
        .ok_or_else(|| format!("the mesh {name}: there is no folder {package} around {}", folder.display()))
}

/// The corners in the order that keeps the front of a triangle in front when it is scaled, which may mirror it.
pub(super) fn facing_out([a, b, c]: [u32; 3], scale: [f64; 3]) -> [u32; 3] {
    if scale.iter().product::<f64>() < 0.0 { [a, c, b] } else { [a, b, c] }
}

/// The convex hull of `vertices`: themselves where the engine takes as many, else those that are corners of it.
///
/// # Errors
/// When they span no volume.
pub(super) fn hull_of(vertices: Vec<[f64; 3]>) -> Result<Shape, &'static str> {
    if vertices.len() <= MAX_HULL_VERTICES {
        return Ok(Shape::ConvexHull { vertices });
    }
    let hull = convex_hull(&vertices).ok_or("its corners span no volume")?;
    Ok(Shape::ConvexHull { vertices: hull.vertices })
}

/// A mesh that stands still: a hull where it is closed and convex, which is solid for every engine, else its triangles.
pub(super) fn solid_or_surface(mesh: TriangleMesh) -> Shape {
    let inside = volume(&Shape::Mesh(mesh.clone()));
    match hull_of(mesh.vertices.clone()) {
        Ok(hull) if inside > 0.0 && (volume(&hull) / inside - 1.0).abs() < CONVEX => hull,
        _ => Shape::Mesh(mesh),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tetrahedron, as OBJ.
    const WEDGE: &str = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n";

    fn read(name: &str, content: &[u8], scale: [f64; 3]) -> Result<TriangleMesh, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        read_mesh(&path, scale)
    }

    /// The triangles of a mesh as STL text.
    fn stl(mesh: &TriangleMesh) -> String {
        let facet = |corners: &[u32; 3]| {
            let vertex = |corner: &u32| {
                let [x, y, z] = mesh.vertices[*corner as usize];
                format!("vertex {x} {y} {z}\n")
            };
            let vertices: String = corners.iter().map(vertex).collect();
            format!("facet normal 0 0 0\nouter loop\n{vertices}endloop\nendfacet\n")
        };
        format!("solid it\n{}endsolid it\n", mesh.triangles.iter().map(facet).collect::<String>())
    }

    /// The same, binary.
    fn binary_stl(mesh: &TriangleMesh) -> Vec<u8> {
        let mut bytes = vec![0; 80];
        bytes.extend((mesh.triangles.len() as u32).to_le_bytes());
        for triangle in &mesh.triangles {
            bytes.extend([0; 12]);
            for number in triangle.iter().flat_map(|corner| mesh.vertices[*corner as usize]) {
                bytes.extend((number as f32).to_le_bytes());
            }
            bytes.extend([0; 2]);
        }
        bytes
    }

    #[test]
    fn all_kinds_of_files_give_the_same_mesh() {
        let wedge = read("wedge.OBJ", WEDGE.as_bytes(), [1.0; 3]).unwrap();
        assert_eq!((wedge.vertices.len(), wedge.triangles.len()), (4, 4));
        assert!((volume(&Shape::Mesh(wedge.clone())) - 1.0 / 6.0).abs() < 1e-15);
        for bytes in [stl(&wedge).into_bytes(), binary_stl(&wedge)] {
            let same = read("wedge.stl", &bytes, [1.0; 3]).unwrap();
            assert_eq!((same.vertices.len(), same.triangles.len()), (4, 4), "corners are not joined");
            assert!((volume(&Shape::Mesh(same)) - 1.0 / 6.0).abs() < 1e-15);
        }
        // A mirror turns the inside out, and the triangles back.
        let mirrored = read("wedge.obj", WEDGE.as_bytes(), [-2.0, 1.0, 1.0]).unwrap();
        assert!((volume(&Shape::Mesh(mirrored)) - 1.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn what_cannot_be_read_is_said_with_the_name_of_the_file() {
        let wedge = read("wedge.obj", WEDGE.as_bytes(), [1.0; 3]).unwrap();
        let short = &binary_stl(&wedge)[..100];
        for (name, content, said) in [
            ("a.dae", &b""[..], "ends neither in .stl nor in .obj"),
            ("a.stl", b"hello", "is not valid"),
            ("a.stl", short, "is not valid"),
            ("a.stl", b"solid a\nfacet normal 0 0 0\nouter loop\nvertex 0 0 zero\n", "is not valid"),
            ("a.stl", b"solid a\nendsolid a\n", ""),
            ("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", "holds no triangles"),
            ("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 1 2\n", "holds no triangles"),
            ("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 4\n", "is not valid"),
            ("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 0\n", "is not valid"),
            ("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 -9\n", "is not valid"),
            ("a.obj", b"v 0 0 inf\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "a.obj"),
        ] {
            let message = read(name, content, [1.0; 3]).unwrap_err();
            assert!(message.contains(name) && message.contains(said), "{message}");
        }
        let message = read_mesh(Path::new("nowhere/a.stl"), [1.0; 3]).unwrap_err();
        assert!(message.contains("cannot read the mesh file nowhere/a.stl: No such file"), "{message}");
    }

    #[test]
    fn a_convex_mesh_is_a_hull_and_an_open_one_is_not() {
        let wedge = read("wedge.obj", WEDGE.as_bytes(), [1.0; 3]).unwrap();
        assert!(
            matches!(solid_or_surface(wedge.clone()), Shape::ConvexHull { vertices } if vertices.len() == 4)
        );
        let mut open = wedge.clone();
        open.triangles.pop();
        assert_eq!(solid_or_surface(open.clone()), Shape::Mesh(open));
        // A dent in the large face.
        let mut dented = wedge;
        dented.vertices.push([0.2; 3]);
        let [a, b, c] = dented.triangles.pop().unwrap();
        dented.triangles.extend([[a, b, 4], [b, c, 4], [c, a, 4]]);
        assert!(volume(&Shape::Mesh(dented.clone())) > 0.0);
        assert_eq!(solid_or_surface(dented.clone()), Shape::Mesh(dented));
    }

    #[test]
    fn only_the_corners_of_a_large_mesh_are_kept() {
        let grid = (0..125).map(|i| [i % 5, i / 5 % 5, i / 25].map(f64::from)).collect();
        assert!(matches!(hull_of(grid).unwrap(), Shape::ConvexHull { vertices } if vertices.len() == 8));
        assert!(hull_of((0..99).map(|i| [f64::from(i), 0.0, 0.0]).collect()).is_err());
    }
}
