/// Parts of paths. `NSString.deletingLastPathComponent` traps on a path of one character
/// (swift-corelibs-foundation 6.3), and a user may well call a database `d`.
package enum FilePath {
  /// Everything before the last component: `a/b` of `a/b/c`, empty for a name alone, `/` in the root.
  package static func folder(of path: String) -> String {
    let bytes = path.utf8
    guard let slash = bytes.lastIndex(of: 0x2F) else { return "" }
    return slash == bytes.startIndex ? "/" : String(path[..<slash])
  }
}
