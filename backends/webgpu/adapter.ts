/** Whether an adapter of that name is a program on the CPU, such as SwiftShader or llvmpipe. */
export function isSoftwareAdapter(name: string): boolean {
  return /swiftshader|llvmpipe|lavapipe|\bcpu\b|basic render|\bwarp\b/i.test(name);
}
