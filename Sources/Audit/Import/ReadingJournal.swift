import Foundation
import Synchronization

/// Remembers on disk which exports are being read, so that one which ends the program is known when
/// the program starts again: after a crash, or when the power went.
///
/// Lines are only added: `B`, a tab and the name of an export when its reading begins, `E` when it
/// ends. An export that was begun and never ended is suspect, and is read alone; one that was begun
/// twice is not read again.
package final class ReadingJournal: Sendable {
  private let path: String
  private let open: Mutex<[String: Int]>

  /// Reads what an earlier run left.
  package init(path: String) {
    self.path = path
    var open: [String: Int] = [:]
    let text = FileManager.default.contents(atPath: path) ?? Data()
    for line in text.split(separator: 0x0A) {
      let name = String(decoding: line.dropFirst(2), as: UTF8.self)
      switch line.first {
      case 0x42: open[name, default: 0] += 1
      case 0x45: open[name] = nil
      default: break
      }
    }
    self.open = Mutex(open)
  }

  /// How often the reading of an export was begun and never ended.
  func attempts(_ name: String) -> Int { open.withLock { $0[Self.key(name)] ?? 0 } }

  func begin(_ name: String) { write("B", name) { $0[Self.key(name), default: 0] += 1 } }

  func end(_ name: String) { write("E", name) { $0[Self.key(name)] = nil } }

  /// Takes the file away where nothing is open.
  func finish() {
    open.withLock { open in
      if open.isEmpty { unlink(path) }
    }
  }

  private static func key(_ name: String) -> String {
    String(name.map { $0.isNewline ? " " : $0 })
  }

  /// A journal that cannot be written protects from nothing, and stops nothing either.
  private func write(_ mark: String, _ name: String, _ change: (inout [String: Int]) -> Void) {
    open.withLock { open in
      change(&open)
      let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { return }
      defer { close(descriptor) }
      let line = Array("\(mark)\t\(Self.key(name))\n".utf8)
      _ = line.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if mark == "B" { fsync(descriptor) }
    }
  }
}
