import CatalogueReaders
import JSONTree
import Reports

/// Microsoft 365's own record of changes, for people and machines: what is to be opened until when,
/// what may be closed, and what asks nothing of rules.
package enum Microsoft365ChangesText {
  /// - Parameter today: ISO date; what counts from a later day is said to be to come.
  package static func text(_ changes: [Microsoft365Change], today: String, width: Int) -> String {
    var lines: [String] = []
    for change in changes {
      var parts: [String] = []
      if !change.added.isEmpty {
        let when = change.effective.map {
          $0 > today ? " from \($0), not yet in force" : " since \($0)"
        }
        parts.append("open \(change.added.joined(separator: ", "))\(when ?? "")")
      }
      if !change.removed.isEmpty {
        parts.append("may be closed: \(change.removed.joined(separator: ", "))")
      }
      if parts.isEmpty {
        parts.append("nothing for rules (\(change.impact ?? change.disposition))")
      }
      lines += PlainText.wrap(
        PlainText.safe("change \(change.id), set \(change.set): \(parts.joined(separator: "; "))"),
        width: width)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  package static func json(_ changes: [Microsoft365Change], today: String) -> [UInt8] {
    var writer = JSONWriter(pretty: true)
    writer.object { writer in
      writer.member("schema", "sallyport.microsoft-365-changes/1")
      writer.member("changes", each: changes) { writer, change in
        writer.object { writer in
          writer.member("id", change.id)
          writer.member("set", change.set)
          writer.member("disposition", change.disposition)
          writer.member("impact", change.impact)
          writer.member("added", change.added)
          writer.member("removed", change.removed)
          writer.member("effective", change.effective)
          writer.member("in_force", change.effective.map { $0 <= today } ?? true)
          writer.member("asks_of_rules", change.asksOfRules)
        }
      }
    }
    return writer.bytes + [0x0A]
  }
}
