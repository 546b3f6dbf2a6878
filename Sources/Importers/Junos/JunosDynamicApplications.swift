import ImportKit

/// Applications that the device recognises in the traffic, as unified policies name them.
///
/// `junos:SSL` is one application; `junos:web:social-networking` and `junos:infrastructure` are groups
/// that come with the signature package, whose members are not in the export. Groups of the
/// administrator stand under `services application-identification`. Source: juniper.net,
/// "Predefined and Custom Application Groups for Application Identification".
struct JunosDynamicApplications {
  let draft: PolicyDraft
  private var groups: [String: JunosNode] = [:]

  /// - Parameter services: `services` sections.
  init(_ services: [JunosNode], draft: PolicyDraft) {
    self.draft = draft
    for section in services.compactMap({ $0.child("application-identification") }) {
      for node in section.children("application-group") {
        if let name = node.childText("name"), groups[name] == nil { groups[name] = node }
      }
    }
  }

  /// What a list of names asks of the recognised application.
  func choices(_ names: [String], at position: SourcePosition) -> [[Clause]] {
    guard !names.isEmpty, !names.contains("any"), !names.contains("none") else { return [[]] }
    var known: Set<String> = []
    var doubts: [Condition] = []
    var waiting = names
    var seen: Set<String> = []
    while let name = waiting.popLast() {
      guard seen.insert(name).inserted else { continue }
      if let group = groups[name] {
        for list in ["applications", "application-groups"] {
          waiting += group.names(list) + group.texts(list).filter { !$0.isEmpty }
        }
        continue
      }
      if Self.isGroup(name) {
        doubts.append(
          draft.doubt(
            .application, "application group `\(name)`, whose members are not in the export"))
      } else if JunosPolicies.isName(name) {
        known.insert(name)
      } else {
        doubts.append(
          draft.doubt(
            .unresolved, "dynamic application `\(name)` is not defined", at: position))
      }
    }
    var result: [[Clause]] = known.isEmpty ? [] : [[.application(known.sorted())]]
    result += doubts.map { [.requires($0)] }
    return result.isEmpty
      ? [[.requires(draft.doubt(.application, "an empty application group"))]] : result
  }

  /// Applications of the vendor are written in capital letters, groups in small ones or with a further
  /// colon.
  private static func isGroup(_ name: String) -> Bool {
    guard name.hasPrefix("junos:") else { return false }
    let rest = name.utf8.dropFirst(6)
    return rest.contains(0x3A) || rest.contains { $0 >= 0x61 && $0 <= 0x7A }
  }
}
