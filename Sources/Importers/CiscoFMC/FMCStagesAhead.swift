import ImportKit

/// The access policies from which one inherits, nearest first.
struct FMCParents {
  typealias Item = FMCDocuments.Item

  private(set) var present: [Item] = []
  /// The name of the first one that is not in the export.
  private(set) var missing: String?

  /// - Parameter policy: nil where nothing is known of it, or where it cannot inherit.
  init(documents: FMCDocuments, of policy: Item?) {
    var current = policy
    while let policy = current, present.count < 32 {
      let metadata = policy.value["metadata"]
      guard let parent = metadata?["parentPolicy"] ?? policy.value["parentPolicy"],
        let id = parent["id"]?.string
      else {
        // Whole answers say that nothing is inherited.
        if metadata?["inherit"]?.bool != false {
          missing = "of \(policy.name), if it has one"
        }
        return
      }
      guard let next = documents.policies.first(where: { $0.id == id }),
        documents.accessPages.contains(where: { $0.policy == id }),
        !present.contains(where: { $0.id == id })
      else {
        missing = parent["name"]?.string ?? id
        return
      }
      present.append(next)
      current = next
    }
  }
}

/// What runs before the access rules, and what decides about decryption.
struct FMCStagesAhead {
  typealias Item = FMCDocuments.Item

  let documents: FMCDocuments
  let draft: PolicyDraft
  let isOnBox: Bool

  private static let end = DefaultAction(.none, name: "goes on to access control")

  func tables(of object: Item?, name: String, _ rules: inout FMCRules) -> [Table] {
    guard let object else {
      var tables: [Table] = []
      if !isOnBox {
        tables.append(
          gap(
            "policy settings",
            "the access policy `\(name)` itself is not in the export: the prefilter rules and "
              + "the rules of parent policies that come first are not known; give GET "
              + "…/accesspolicies/ID", at: SourcePosition(line: 0)))
      } else {
        draft.note(
          .completeness,
          "the access policy itself is not in the export; give GET …/policy/accesspolicies")
      }
      if let table = prefilter(documents.prefilterPages, &rules) { tables.append(table) }
      return tables
    }
    var tables: [Table] = []
    let record = object.record
    if let table = prefilterTable(object, record, &rules) { tables.append(table) }
    if let table = identityTable(record) { tables.append(table) }
    for name in ["sslPolicySetting", "decryptionPolicySetting", "sslPolicy", "defaultAction"] {
      _ = record.value(name)
    }
    if let left = draft.unread(
      record, of: "access policy `\(object.name)`", ignoring: Self.irrelevant)
    {
      tables.append(
        Table(
          name: "policy settings",
          rules: draft.gap(left.detail, kind: .unmodelled, at: object.position),
          defaultAction: Self.end))
    }
    return tables
  }

  /// Members of access policies that decide nothing here.
  private static let irrelevant = IrrelevantMembers([
    ("names the policy", ["id", "name", "type", "links", "version"]),
    ("for people", ["description"]),
    ("its parent is read from it", ["metadata", "parentPolicy"]),
    ("addresses of its rules", ["rules", "categories", "defaultActions", "isSystemDefined"]),
    (
      "acts on what Cisco lists as malicious, and is noted",
      ["securityIntelligence", "dnsPolicySetting", "dnsPolicy"]
    ),
    (
      "inspects what is allowed, and is noted with the rules",
      ["networkAnalysisPolicySetting", "intrusionPolicySetting", "variableSet"]
    ),
  ])

  private func gap(_ name: String, _ what: String, at position: SourcePosition) -> Table {
    Table(name: name, rules: draft.gap(what, at: position), defaultAction: Self.end)
  }

  // MARK: Prefilter

  /// The prefilter policy runs before everything else; the predefined one has no rules.
  private func prefilterTable(
    _ object: Item, _ record: ExportRecord, _ rules: inout FMCRules
  ) -> Table? {
    guard let setting = record.value("prefilterPolicySetting") else {
      if isOnBox { return nil }
      return gap(
        "prefilter",
        "the prefilter policy of `\(object.name)` is not in the export, and it comes first; give "
          + "GET …/accesspolicies/ID", at: object.position)
    }
    let id = setting["id"]?.string
    let name = setting["name"]?.string ?? id ?? ""
    let own = documents.prefilterPages.filter { id != nil && $0.policy == id || $0.policy.isEmpty }
    if let table = prefilter(own, &rules) { return table }
    guard name != "Default Prefilter Policy" else { return nil }
    return gap(
      "prefilter",
      "the prefilter policy `\(name)` is not in the export, and it comes first; give GET "
        + "…/prefilterpolicies/ID/prefilterrules?expanded=true",
      at: SourcePosition(file: object.file, line: setting.line, pointer: setting.pointer))
  }

  private func prefilter(_ pages: [FMCDocuments.Page], _ rules: inout FMCRules) -> Table? {
    guard !pages.isEmpty else { return nil }
    if Set(pages.map(\.policy)).count > 1 {
      draft.note(
        .completeness, "which of several prefilter policies applies is not in the export")
    }
    let list = FMCPolicyBuilder.pieces(pages).flatMap { piece -> [Rule] in
      switch piece {
      case .rule(let item): return rules.prefilterRules(item)
      case .gap(let first, let last, let position):
        let range = FMCPolicyBuilder.range(first, last)
        return draft.gap(
          "\(range) of the prefilter policy not in the export; ask again with offset \(first - 1)",
          name: "(\(range))", at: position)
      }
    }
    return Table(name: "prefilter", rules: list, defaultAction: Self.end)
  }

  // MARK: Identity and decryption

  /// With active authentication users must log in at the captive portal before web traffic passes.
  /// Source: docs.defenseorchestrator.com, "Identity policies", "Active authentication".
  private func identityTable(_ record: ExportRecord) -> Table? {
    guard let setting = record.value("identityPolicySetting") else { return nil }
    let name = setting["name"]?.string ?? ""
    let position = SourcePosition(
      file: record.file, line: setting.line, pointer: setting.pointer)
    let doubt = draft.doubt(
      .user, "identity policy `\(name)` may ask for a login first; it is not in the export",
      at: position)
    draft.note(
      .completeness,
      "the identity policy `\(name)` is not in the export: it may ask for a login before web traffic "
        + "passes", at: position)
    return Table(
      name: "identity",
      rules: [
        Rule(
          name: name, match: Match([.requires(doubt)]), action: .deny(.reject), origin: .implied,
          position: position)
      ], defaultAction: Self.end)
  }

  func inspectionTable(of object: Item?) -> Table? {
    guard let object else {
      return nil
    }
    let settings: [StaticString] = ["sslPolicySetting", "decryptionPolicySetting", "sslPolicy"]
    for name in settings {
      guard let setting = object.value[name], !setting.isNull else { continue }
      let shown = setting["name"]?.string ?? ""
      let position = SourcePosition(
        file: object.file, line: setting.line, pointer: setting.pointer)
      let doubt = draft.doubt(
        .missingPart, "the decryption policy `\(shown)` is not in the export: it may decrypt",
        at: position)
      return Table(
        name: "decryption", kind: .inspection,
        rules: [
          Rule(
            name: shown, match: Match([.requires(doubt)]), action: .inspect, origin: .implied,
            position: position)
        ], defaultAction: DefaultAction(.deny, name: "not decrypted"))
    }
    return nil
  }
}
