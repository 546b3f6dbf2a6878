import ImportKit

/// The resources of a set of documents that matter, found wherever they stand: in templates with
/// their nested deployments and loops, in answers of the service, of az and of PowerShell.
struct AzureResources {
  private(set) var policies: [AzureItem] = []
  private(set) var groups: [AzureItem] = []
  /// Rule collections outside of any group: fragments.
  private(set) var collections: [AzureItem] = []
  /// Groups that a template declares and does not deploy.
  private(set) var absentGroups: [AzureItem] = []
  private(set) var ipGroups: [AzureItem] = []
  private(set) var classics: [AzureItem] = []
  /// Firewalls whose rules are in a policy.
  private(set) var firewalls: [AzureItem] = []
  /// Network security groups; rules that stand apart from them; what is in effect at interfaces, one
  /// answer each.
  private(set) var securityGroups: [AzureItem] = []
  private(set) var looseSecurityRules: [AzureItem] = []
  private(set) var effectiveGroups: [[AzureItem]] = []
  private(set) var interfaces: [AzureItem] = []
  /// Security admin rules of a network manager, which act before security groups.
  private(set) var adminRules: [AzureItem] = []
  /// Parts that are missing from the export.
  private(set) var gaps: [Gap] = []
  private(set) var isParametersFile = false
  private(set) var holdsDrafts = false
  private(set) var firewallName: String?
  /// What was noted while collecting; each policy begins with it.
  let doubts = Doubts()

  /// A part of the export that is not there.
  struct Gap {
    enum Kind { case firewall, securityGroup, securityRules }
    let kind: Kind
    let what: String
    let position: SourcePosition
  }

  private let budget = ARMBudget()
  private var parameterValues: [String: ARMValue] = [:]
  private var effectivePlaces: [SourcePosition] = []

  /// A value that waits to be looked into.
  private struct Waiting {
    let value: ARMValue
    let position: SourcePosition
    var doubts: [Condition] = []
    var parent: String?
    /// The list or answer in which the value stands.
    var container: SourcePosition
  }

  private var waiting: [Waiting] = []

  var holdsPolicy: Bool {
    !policies.isEmpty || !groups.isEmpty || !collections.isEmpty || !classics.isEmpty
  }

  var holdsSecurityGroups: Bool {
    !securityGroups.isEmpty || !looseSecurityRules.isEmpty || !effectiveGroups.isEmpty
  }

  init(_ documents: [ExportDocument]) {
    // A parameters file may stand before or after the template that it belongs to.
    for (file, document) in documents.enumerated() {
      for top in document.json?.tops ?? [] { collectParameters(top, file: file) }
    }
    for (file, document) in documents.enumerated() {
      for top in document.json?.tops ?? [] {
        let scope = ARMScope(ARMTemplate(nil, file: file, budget: budget))
        add(.json(top, scope), at: scope.position(of: top))
        while let next = waiting.popLast() { visit(next) }
      }
    }
  }

  private mutating func add(_ value: ARMValue, at position: SourcePosition) {
    waiting.append(Waiting(value: value, position: position, container: position))
  }

  /// Reads `parameters.x.value` of a deployment parameters file.
  private mutating func collectParameters(_ value: JSONValue, file: Int) {
    guard Self.schema(value).contains("deploymentparameters") else { return }
    isParametersFile = true
    let plain = ARMScope(ARMTemplate(nil, file: file, budget: budget))
    for (name, member) in value.member(ignoringCase: "parameters")?.members ?? [] {
      // A secret of a key vault (`reference`) is never a rule.
      if let given = member.member(ignoringCase: "value") {
        parameterValues[name.lowercased()] = plain.evaluate(given)
      }
    }
  }

  private static func schema(_ value: JSONValue) -> String {
    value.member(ignoringCase: "$schema")?.string?.lowercased() ?? ""
  }

  // MARK: The walk

  private mutating func visit(_ next: Waiting) {
    if let elements = next.value.elements {
      push(elements, of: next)
      return
    }
    guard next.value.isObject else { return }
    if case .json(let json, let scope) = next.value {
      let schema = Self.schema(json)
      if schema.contains("deploymentparameters") { return }
      if let resources = json.member(ignoringCase: "resources"), resources.count > 0,
        schema.contains("deploymenttemplate")
          || schema.isEmpty && json.member(ignoringCase: "contentVersion") != nil
      {
        let inner = ARMScope(
          ARMTemplate(json, file: scope.template.file, given: parameterValues, budget: budget))
        return pushResources(resources, in: inner, doubts: next.doubts)
      }
      if json.member(ignoringCase: "type") != nil,
        let copy = json.member(ignoringCase: "copy"), copy.isObject
      {
        return repeated(json, copy, scope, next)
      }
    }
    resource(next)
  }

  /// The resources of a template: a list, or an object with symbolic names (languageVersion 2.0).
  private mutating func pushResources(
    _ resources: JSONValue, in scope: ARMScope, doubts: [Condition]
  ) {
    let values = resources.isArray ? resources.elements.map { $0 } : resources.members.map(\.value)
    for value in values.reversed() {
      waiting.append(
        Waiting(
          value: .json(value, scope), position: scope.position(of: value), doubts: doubts,
          container: scope.position(of: resources)))
    }
  }

  private mutating func push(_ values: [ARMValue], of next: Waiting) {
    for value in values.reversed() where value.isObject || value.isArray {
      var inner = next
      inner = Waiting(
        value: value, position: position(of: value) ?? next.position, doubts: next.doubts,
        parent: next.parent, container: next.position)
      waiting.append(inner)
    }
  }

  private func position(of value: ARMValue) -> SourcePosition? {
    if case .json(let json, let scope) = value { return scope.position(of: json) }
    return nil
  }

  /// A resource in a loop; one that runs an unknown number of times is read once, as what may be
  /// there.
  private mutating func repeated(
    _ json: JSONValue, _ copy: JSONValue, _ scope: ARMScope, _ next: Waiting
  ) {
    let name = copy.member(ignoringCase: "name")?.string ?? ""
    func run(_ index: Int?, _ doubts: [Condition]) {
      resource(
        Waiting(
          value: .json(json, scope.iterating(name, index)), position: next.position,
          doubts: doubts, parent: next.parent, container: next.container))
    }
    guard let count = copy.member(ignoringCase: "count").flatMap({ scope.evaluate($0).number }),
      (0...ARMScope.copyLimit).contains(count), budget.spend(steps: count, items: count)
    else {
      let doubt = doubts.doubt(
        .notInForce, "how often the `copy` loop `\(name)` of the template runs is not known",
        at: next.position)
      return run(nil, next.doubts + [doubt])
    }
    for index in 0..<count { run(index, next.doubts) }
  }

  /// An object that may be a resource.
  private mutating func resource(_ next: Waiting) {
    var item = AzureItem(
      next.value, at: next.position, doubts: next.doubts, parent: next.parent)
    let type = item.type
    if !type.isEmpty {
      // "When the value is false, the resource isn't created", and "doesn't cascade to child
      // resources" (learn.microsoft.com, "Conditional deployment in ARM templates"). A resource
      // that exists already is only referred to.
      if item.flag("existing") == true { return }
      if let condition = item.member("condition") {
        switch condition.bool {
        case false?:
          if type.hasSuffix("rulecollectiongroups") { absentGroups.append(item) }
          return
        case true?: break
        case nil:
          item.doubts.append(
            doubts.doubt(
              .notInForce,
              "`\(item.lastName ?? type)` is deployed only if a condition holds that is not known",
              at: item.position))
        }
      }
    }
    notePages(item)
    if take(item, type: type, container: next.container) { return }
    for member in (next.value.members ?? []).reversed()
    where member.value.isObject || member.value.isArray {
      waiting.append(
        Waiting(
          value: member.value, position: position(of: member.value) ?? next.position,
          doubts: item.doubts, parent: next.parent, container: next.position))
    }
  }

  /// Takes an object that matters; false where it is none.
  private mutating func take(
    _ item: AzureItem, type: String, container: SourcePosition
  ) -> Bool {
    let properties = item.properties
    let id = item.text("id")?.lowercased() ?? ""
    // Older answers have no type; one that is no type at all says nothing either.
    let isUntyped = !type.utf8.contains(UInt8(ascii: "/"))
    // Edits that are not in force until somebody deploys them (learn.microsoft.com, "Draft and
    // deployment of Azure Firewall policy changes").
    if type.hasSuffix("drafts") || id.contains("/rulecollectiongroupdrafts/")
      || id.contains("/firewallpolicydrafts/")
    {
      holdsDrafts = true
      doubts.note(
        .reading, "a draft is left out: it is not in force until deployed", at: item.position)
      return true
    }
    if type == "microsoft.resources/deployments" { return deployment(item) }
    if type.hasSuffix("/securityadminconfigurations/rulecollections/rules")
      || properties.value.member("sources")?.isArray ?? false
        && properties.value.member("destinationPortRanges") != nil
    {
      adminRules.append(item)
      return true
    }
    if type.hasSuffix("/azurefirewalls")
      || ["networkRuleCollections", "applicationRuleCollections"].contains(where: {
        properties.value.member($0) != nil
      })
    {
      firewall(item)
      return true
    }
    if type.hasSuffix("/networksecuritygroups/securityrules") || type == "securityrules" {
      looseSecurityRules.append(item)
      return true
    }
    if type.hasSuffix("/networksecuritygroups") || isUntyped && isSecurityGroup(properties) {
      securityGroups.append(item)
      pushChildren(of: item)
      return true
    }
    if item.value.member("effectiveSecurityRules") != nil {
      if let index = effectivePlaces.firstIndex(of: container) {
        effectiveGroups[index].append(item)
      } else {
        effectivePlaces.append(container)
        effectiveGroups.append([item])
      }
      return true
    }
    if type.hasSuffix("/networkinterfaces")
      || isUntyped && properties.value.member("ipConfigurations") != nil
    {
      interfaces.append(item)
    }
    if type.hasSuffix("rulecollectiongroups")
      || isUntyped
        && ["ruleCollections", "ruleCollection"].contains(where: {
          properties.value.member($0) != nil
        })
    {
      groups.append(item)
      return true
    }
    if item.value.member("ruleCollectionType") != nil {
      collections.append(item)
      return true
    }
    if type.hasSuffix("/ipgroups")
      || isUntyped && properties.value.member("ipAddresses") != nil && id.contains("/ipgroups/")
    {
      ipGroups.append(item)
      return true
    }
    if type.hasSuffix("/firewallpolicies") || isUntyped && looksLikePolicy(properties) {
      policies.append(item)
      // A template may nest the groups as child resources.
      pushChildren(of: item)
      return true
    }
    return false
  }

  private mutating func pushChildren(of item: AzureItem) {
    guard let children = item.value.member("resources") else { return }
    for child in (children.elements ?? children.members?.map(\.value) ?? []).reversed() {
      // The condition of a parent does not hold for its children.
      waiting.append(
        Waiting(
          value: child, position: position(of: child) ?? item.position,
          parent: item.text("id") ?? item.label, container: item.position))
    }
  }

  private func isSecurityGroup(_ properties: AzureItem) -> Bool {
    ["securityRules", "defaultSecurityRules"].contains {
      properties.value.member($0)?.isArray ?? false
    }
  }

  private func looksLikePolicy(_ properties: AzureItem) -> Bool {
    properties.value.member("threatIntelMode") != nil
      && ["ruleCollectionGroups", "basePolicy", "sku"].contains {
        properties.value.member($0) != nil
      }
  }

  private mutating func firewall(_ item: AzureItem) {
    firewallName = firewallName ?? item.label
    // A firewall may carry empty classic arrays and a reference to a policy: the policy decides.
    let properties = item.properties
    let refersToPolicy = properties.object("firewallPolicy")?.member("id") != nil
    let hasRules = ["networkRuleCollections", "applicationRuleCollections"].contains {
      guard let list = properties.member($0) else { return false }
      return list.elements.map { !$0.isEmpty } ?? true
    }
    if refersToPolicy { firewalls.append(item) }
    if !refersToPolicy || hasRules { classics.append(item) }
  }

  // MARK: Deployments

  /// A nested deployment sees its own parameters where it asks for inner scope, else those of the
  /// template around it.
  private mutating func deployment(_ item: AzureItem) -> Bool {
    let properties = item.properties
    if properties.member("templateLink") != nil {
      missingTemplate(item)
      return true
    }
    guard case .json(let inner, let outer)? = properties.member("template") else { return true }
    var scope = outer
    let word = properties.object("expressionEvaluationOptions")?.text("scope")?.lowercased()
    if word == "inner" {
      var given: [String: ARMValue] = [:]
      for member in properties.member("parameters")?.members ?? [] {
        if let value = member.value.member("value") { given[member.name.lowercased()] = value }
      }
      scope = ARMScope(
        ARMTemplate(inner, file: outer.template.file, given: given, budget: budget))
    }
    if let resources = inner.member(ignoringCase: "resources") {
      pushResources(resources, in: scope, doubts: item.doubts)
    }
    return true
  }

  /// A deployment whose template is elsewhere: a gap where its name or parameters speak of rules.
  private mutating func missingTemplate(_ item: AzureItem) {
    let what =
      "deployment `\(item.lastName ?? "")` is a link to a template that is not in the export"
    doubts.note(.completeness, what, at: item.position)
    var words = [item.lastName ?? ""]
    if let link = item.properties.object("templateLink") {
      words += [link.text("uri"), link.text("id"), link.text("relativePath")].compactMap { $0 }
    }
    words += item.properties.member("parameters")?.members?.map(\.name) ?? []
    let text = words.joined(separator: " ").lowercased()
    let kinds: [(Gap.Kind, [String])] = [
      (.firewall, ["firewall", "fwp", "rulecollection", "rcg", "rules", "policy"]),
      (.securityRules, ["nsg", "securitygroup", "security-group", "securityrule", "rules"]),
    ]
    for (kind, hints) in kinds where hints.contains(where: { text.contains($0) }) {
      gaps.append(Gap(kind: kind, what: what, position: item.position))
    }
  }

  // MARK: Pages

  /// An answer that says that it is not the last page.
  ///
  /// Source: learn.microsoft.com, Azure REST API reference, "nextLink"; Resource Graph, `$skipToken`
  /// and `resultTruncated`.
  private mutating func notePages(_ item: AzureItem) {
    let more = ["nextLink", "@odata.nextLink", "skip_token", "skipToken", "$skipToken"].contains {
      if let value = item.value.member($0), !value.isNull { return value.text != "" }
      return false
    }
    let cut = item.value.member("resultTruncated")?.bool ?? false
    guard more || cut else { return }
    let list = (item.value.member("value") ?? item.value.member("data"))?.elements ?? []
    let what = "the answer is not the last page (`nextLink`); export all pages"
    let types = list.map { element in
      let element = item.inner(element)
      return element.type + " " + (element.text("id")?.lowercased() ?? "")
    }
    let kind: Gap.Kind =
      types.contains { $0.contains("/securityrules") }
      ? .securityRules
      : types.contains { $0.contains("/networksecuritygroups") } ? .securityGroup : .firewall
    doubts.note(.completeness, what, at: item.position)
    gaps.append(Gap(kind: kind, what: what, position: item.position))
  }
}
