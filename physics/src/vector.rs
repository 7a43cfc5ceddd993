//! Vectors, rotations and spatial vectors over any [`Real`](crate::scalar::rules::Real).
//!
//! Quaternions are w x y z; a rotation takes local coordinates to the parent's. Spatial vectors follow
//! R. Featherstone, "Rigid Body Dynamics Algorithms" (2008): a motion is (angular, linear velocity of the
//! point at the frame's origin), a force is (moment about the origin, force).

/// Records and the operations on them.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
#[allow(clippy::redundant_field_names, reason = "the transpiler takes no shorthand")]
pub mod rules {
    use crate::scalar::rules::*;

    /// Three coordinates.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Vector3<R> {
        pub x: R,
        pub y: R,
        pub z: R,
    }

    /// A 3 x 3 matrix by columns; the columns of a rotation are the local axes in the parent.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Matrix3<R> {
        pub x: Vector3<R>,
        pub y: Vector3<R>,
        pub z: Vector3<R>,
    }

    /// A rotation of unit norm.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Quaternion<R> {
        pub w: R,
        pub x: R,
        pub y: R,
        pub z: R,
    }

    /// A spatial motion (angular velocity, linear velocity) or force (moment, force).
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Spatial<R> {
        pub angular: Vector3<R>,
        pub linear: Vector3<R>,
    }

    /// (x, y, z).
    pub fn vector3<R: Real + super::Field>(x: R, y: R, z: R) -> Vector3<R> {
        Vector3::<R> { x: x, y: y, z: z }
    }

    /// (0, 0, 0).
    pub fn zero3<R: Real + super::Field>() -> Vector3<R> {
        vector3::<R>(R::lit(0.0f32), R::lit(0.0f32), R::lit(0.0f32))
    }

    /// a + b.
    pub fn add3<R: Real + super::Field>(a: Vector3<R>, b: Vector3<R>) -> Vector3<R> {
        vector3::<R>(a.x + b.x, a.y + b.y, a.z + b.z)
    }

    /// a - b.
    pub fn sub3<R: Real + super::Field>(a: Vector3<R>, b: Vector3<R>) -> Vector3<R> {
        vector3::<R>(a.x - b.x, a.y - b.y, a.z - b.z)
    }

    /// a s.
    pub fn scale3<R: Real + super::Field>(a: Vector3<R>, s: R) -> Vector3<R> {
        vector3::<R>(a.x * s, a.y * s, a.z * s)
    }

    /// The scalar product.
    pub fn dot3<R: Real + super::Field>(a: Vector3<R>, b: Vector3<R>) -> R {
        a.x * b.x + a.y * b.y + a.z * b.z
    }

    /// The vector product a x b.
    pub fn cross3<R: Real + super::Field>(a: Vector3<R>, b: Vector3<R>) -> Vector3<R> {
        vector3::<R>(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
    }

    /// The Euclidean length.
    pub fn norm3<R: Real + super::Field>(a: Vector3<R>) -> R {
        R::sqrt_of(dot3::<R>(a, a))
    }

    /// Component by component: where `test > 0` from `yes`, else from `no`.
    pub fn select3<R: Real + super::Field>(test: R, yes: Vector3<R>, no: Vector3<R>) -> Vector3<R> {
        vector3::<R>(
            R::select_positive(test, yes.x, no.x),
            R::select_positive(test, yes.y, no.y),
            R::select_positive(test, yes.z, no.z),
        )
    }

    /// `m` times `v`: local to parent coordinates when `m` is a rotation.
    pub fn rotate<R: Real + super::Field>(m: Matrix3<R>, v: Vector3<R>) -> Vector3<R> {
        vector3::<R>(
            m.x.x * v.x + m.y.x * v.y + m.z.x * v.z,
            m.x.y * v.x + m.y.y * v.y + m.z.y * v.z,
            m.x.z * v.x + m.y.z * v.y + m.z.z * v.z,
        )
    }

    /// The transpose of `m` times `v`: parent to local coordinates when `m` is a rotation.
    pub fn unrotate<R: Real + super::Field>(m: Matrix3<R>, v: Vector3<R>) -> Vector3<R> {
        vector3::<R>(dot3::<R>(m.x, v), dot3::<R>(m.y, v), dot3::<R>(m.z, v))
    }

    /// The matrix product a b.
    pub fn multiply3<R: Real + super::Field>(a: Matrix3<R>, b: Matrix3<R>) -> Matrix3<R> {
        Matrix3::<R> { x: rotate::<R>(a, b.x), y: rotate::<R>(a, b.y), z: rotate::<R>(a, b.z) }
    }

    /// The rotation that does nothing.
    pub fn identity_quaternion<R: Real + super::Field>() -> Quaternion<R> {
        let zero = R::lit(0.0f32);
        Quaternion::<R> { w: R::lit(1.0f32), x: zero, y: zero, z: zero }
    }

    /// Rotation `b` in the frame that `a` rotated: a b (Hamilton product).
    pub fn multiply_quaternions<R: Real + super::Field>(a: Quaternion<R>, b: Quaternion<R>) -> Quaternion<R> {
        Quaternion::<R> {
            w: a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z,
            x: a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
            y: a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
            z: a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w,
        }
    }

    /// `a` scaled to unit norm; `a` is not zero.
    pub fn normalize_quaternion<R: Real + super::Field>(a: Quaternion<R>) -> Quaternion<R> {
        let s = R::lit(1.0f32) / R::sqrt_of(a.w * a.w + a.x * a.x + a.y * a.y + a.z * a.z);
        Quaternion::<R> { w: a.w * s, x: a.x * s, y: a.y * s, z: a.z * s }
    }

    /// The rotation matrix of a unit quaternion.
    pub fn matrix_of<R: Real + super::Field>(q: Quaternion<R>) -> Matrix3<R> {
        let one = R::lit(1.0f32);
        let two = R::lit(2.0f32);
        Matrix3::<R> {
            x: vector3::<R>(
                one - two * (q.y * q.y + q.z * q.z),
                two * (q.x * q.y + q.w * q.z),
                two * (q.x * q.z - q.w * q.y),
            ),
            y: vector3::<R>(
                two * (q.x * q.y - q.w * q.z),
                one - two * (q.x * q.x + q.z * q.z),
                two * (q.y * q.z + q.w * q.x),
            ),
            z: vector3::<R>(
                two * (q.x * q.z + q.w * q.y),
                two * (q.y * q.z - q.w * q.x),
                one - two * (q.x * q.x + q.y * q.y),
            ),
        }
    }

    /// Sum of two spatial vectors.
    pub fn add6<R: Real + super::Field>(a: Spatial<R>, b: Spatial<R>) -> Spatial<R> {
        Spatial::<R> { angular: add3::<R>(a.angular, b.angular), linear: add3::<R>(a.linear, b.linear) }
    }

    /// A spatial vector times a scalar.
    pub fn scale6<R: Real + super::Field>(a: Spatial<R>, s: R) -> Spatial<R> {
        Spatial::<R> { angular: scale3::<R>(a.angular, s), linear: scale3::<R>(a.linear, s) }
    }

    /// Power of a force along a motion.
    pub fn dot6<R: Real + super::Field>(motion: Spatial<R>, force: Spatial<R>) -> R {
        dot3::<R>(motion.angular, force.angular) + dot3::<R>(motion.linear, force.linear)
    }

    /// The spatial vector of zeros.
    pub fn zero6<R: Real + super::Field>() -> Spatial<R> {
        Spatial::<R> { angular: zero3::<R>(), linear: zero3::<R>() }
    }
}

use crate::scalar::Field;
