import ImportKit

/// A statement of a configuration, which remembers which of its parts were read.
///
/// The counterpart of ``ExportRecord`` for a format that is read from XML and from JSON through
/// ``JunosNode``. A part counts as read when it is asked for by name, whole with all that is below it;
/// ask with ``record(_:)`` where its own parts matter one by one. Statements that are marked inactive
/// have no effect and are never left over.
final class JunosRecord {
  let node: JunosNode
  private var read: Set<String> = []
  private var inner: [(name: String, record: JunosRecord)] = []

  init(_ node: JunosNode) { self.node = node }

  var position: SourcePosition { node.position }

  /// Statements of one name that have effect.
  func children(_ name: String) -> [JunosNode] {
    read.insert(name)
    return node.children(name)
  }

  func child(_ name: String) -> JunosNode? { children(name).first }

  func text(_ name: String) -> String? { child(name)?.text }

  func texts(_ name: String) -> [String] { children(name).map(\.text) }

  func has(_ name: String) -> Bool { child(name) != nil }

  func record(_ name: String) -> JunosRecord? {
    guard let child = child(name) else { return nil }
    let record = JunosRecord(child)
    inner.append((name, record))
    return record
  }

  /// The parts that were neither read nor listed as irrelevant, with the names of the statements
  /// around them.
  func unread(ignoring irrelevant: IrrelevantMembers) -> [(path: String, node: JunosNode)] {
    var found: [(path: String, node: JunosNode)] = []
    for child in node.children
    where !read.contains(child.name) && !irrelevant.contains(child.name) {
      found.append((child.name, child))
    }
    for (name, record) in inner {
      found += record.unread(ignoring: irrelevant).map { (name + "/" + $0.path, $0.node) }
    }
    return found
  }
}

extension PolicyDraft {
  /// One condition for all parts of a statement that were neither read nor listed as irrelevant; nil
  /// where nothing is left over.
  func unread(
    _ record: JunosRecord, of what: String, ignoring irrelevant: IrrelevantMembers
  ) -> Condition? {
    let left = record.unread(ignoring: irrelevant)
    guard let first = left.first else { return nil }
    var names: [String] = []
    for part in left where !names.contains(part.path) { names.append(part.path) }
    let shown = names.prefix(4).map { "`\($0)`" }.joined(separator: ", ")
    return doubt(
      .unmodelled,
      "\(what) has \(shown)\(names.count > 4 ? " and \(names.count - 4) more" : "")"
        + ", which is not understood and may change what it matches or does",
      at: first.node.position)
  }
}
