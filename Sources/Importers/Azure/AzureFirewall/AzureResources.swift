import ImportKit

extension JSONValue {
  /// A member, whatever the case of its name: PowerShell writes the same names with capital letters,
  /// and az versions differ.
  func azure(_ name: String) -> JSONValue? { member(ignoringCase: name) }
}

/// The resources of a set of documents that matter, found wherever they stand.
struct AzureResources {
  /// A JSON object with the template in whose words it is written.
  struct Item {
    let value: JSONValue
    let template: ARMTemplate
    let file: Int

    /// `properties` where there is such a member (REST, templates), else the object itself (az cli).
    var properties: JSONValue {
      if let inner = value.azure("properties"), inner.isObject { return inner }
      return value
    }

    func text(_ name: String, in object: JSONValue? = nil) -> String? {
      (object ?? value).member(ignoringCase: name).flatMap { template.evaluate($0).text }
    }

    /// The name as far as it is known, with what is missing in angle brackets.
    var label: String? {
      value.azure("name")?.string.map { template.display($0) }
    }

    var position: SourcePosition {
      SourcePosition(file: file, line: value.line, pointer: value.pointer)
    }
  }

  private(set) var policies: [Item] = []
  private(set) var groups: [Item] = []
  /// Rule collections outside of any group: fragments.
  private(set) var collections: [Item] = []
  private(set) var ipGroups: [Item] = []
  private(set) var classics: [Item] = []
  /// Network security groups; rules that stand apart from them; what is in effect at an interface.
  private(set) var securityGroups: [Item] = []
  private(set) var looseSecurityRules: [Item] = []
  private(set) var effectiveGroups: [Item] = []
  private(set) var interfaces: [Item] = []
  private(set) var parameterValues: [String: ARMValue] = [:]
  private(set) var isParametersFile = false
  private(set) var notes: [Note] = []
  private(set) var firewallName: String?
  var file = 0

  var holdsPolicy: Bool {
    !policies.isEmpty || !groups.isEmpty || !collections.isEmpty || !classics.isEmpty
  }

  init() {}

  init(_ documents: [ExportDocument]) {
    // A parameters file may stand before or after the template that it belongs to.
    for document in documents {
      for top in document.json?.tops ?? [] { collectParameters(top) }
    }
    for (number, document) in documents.enumerated() {
      file = number
      for top in document.json?.tops ?? [] {
        collect(top, template: ARMTemplate(template: top, given: parameterValues))
      }
    }
  }

  /// Reads `parameters.x.value` of a deployment parameters file.
  mutating func collectParameters(_ value: JSONValue) {
    guard value.azure("$schema")?.string?.lowercased().contains("deploymentparameters") ?? false
    else {
      return
    }
    isParametersFile = true
    let plain = ARMTemplate(template: nil)
    for (name, member) in value.azure("parameters")?.members ?? [] {
      if let given = member.azure("value") {
        parameterValues[name.lowercased()] = plain.evaluate(given)
      }
    }
  }

  var holdsSecurityGroups: Bool {
    !securityGroups.isEmpty || !looseSecurityRules.isEmpty || !effectiveGroups.isEmpty
  }

  /// The most copies of a resource that a loop makes.
  static let copyLimit = 800

  mutating func collect(_ value: JSONValue, template: ARMTemplate, depth: Int = 0) {
    guard depth < 64 else { return }
    if let copy = value.azure("copy"), copy.isObject, value.azure("type") != nil {
      let name = copy.azure("name")?.string ?? ""
      guard let count = copy.azure("count").flatMap({ template.evaluate($0).number }),
        (0...Self.copyLimit).contains(count)
      else {
        notes.append(
          Note(
            .unresolved,
            "how often the `copy` loop `\(name)` of the template runs is not known; read "
              + "once", at: SourcePosition(file: file, line: value.line, pointer: value.pointer)))
        return collectOne(value, template: template, depth: depth)
      }
      for index in 0..<count {
        collectOne(value, template: template.iterating(name, index), depth: depth)
      }
      return
    }
    collectOne(value, template: template, depth: depth)
  }

  private mutating func collectOne(_ value: JSONValue, template: ARMTemplate, depth: Int) {
    if value.isArray {
      for element in value.elements { collect(element, template: template, depth: depth + 1) }
      return
    }
    guard value.isObject else { return }
    if value.azure("$schema")?.string?.lowercased().contains("deploymentparameters") ?? false {
      collectParameters(value)
      return
    }
    let item = Item(value: value, template: template, file: file)
    let type = item.text("type")?.lowercased() ?? ""
    let properties = item.properties
    if properties.azure("networkRuleCollections") != nil
      || properties.azure("applicationRuleCollections") != nil
    {
      collectFirewall(item)
      return
    }
    if type.hasSuffix("/networksecuritygroups/securityrules") {
      looseSecurityRules.append(item)
      return
    }
    if type.hasSuffix("/networksecuritygroups") || Self.isSecurityGroup(properties) {
      securityGroups.append(item)
      for child in value.azure("resources")?.elements.map({ $0 }) ?? [] {
        collect(child, template: template, depth: depth + 1)
      }
      return
    }
    if value.azure("effectiveSecurityRules")?.isArray ?? false {
      effectiveGroups.append(item)
      return
    }
    if type.hasSuffix("/networkinterfaces")
      || properties.azure("ipConfigurations") != nil && type.isEmpty
    {
      interfaces.append(item)
    }
    if type == "microsoft.network/azurefirewalls" {
      firewallName = firewallName ?? item.label
      return
    }
    if Self.isGroup(properties) {
      groups.append(item)
      return
    }
    if value.azure("ruleCollectionType") != nil {
      collections.append(item)
      return
    }
    if type.hasSuffix("/ipgroups")
      || properties.azure("ipAddresses") != nil && type.isEmpty && Self.isIPGroup(value)
    {
      ipGroups.append(item)
      return
    }
    if type.hasSuffix("/firewallpolicies") || Self.looksLikePolicy(properties, type: type) {
      policies.append(item)
      // A template may nest the groups as child resources.
      for child in value.azure("resources")?.elements.map({ $0 }) ?? [] {
        collect(child, template: template, depth: depth + 1)
      }
      return
    }
    if type == "microsoft.resources/deployments", properties.azure("templateLink") != nil {
      notes.append(
        Note(
          .completeness,
          "deployment `\(item.label ?? "")` is a link to a template that is not in the "
            + "export", at: item.position))
    }
    if type == "microsoft.resources/deployments", let inner = properties.azure("template") {
      collect(
        inner, template: Self.nested(inner, properties: properties, outer: template),
        depth: depth + 1)
      return
    }
    for (name, member) in value.members
    where name != "parameters" || value.azure("resources") == nil {
      guard member.isObject || member.isArray else { continue }
      let isTemplate = member.azure("resources") != nil && member.azure("$schema") != nil
      collect(
        member, template: isTemplate ? ARMTemplate(template: member) : template, depth: depth + 1)
    }
  }

  /// A nested deployment sees its own parameters where it asks for inner scope, else those of the
  /// template around it.
  private static func nested(
    _ inner: JSONValue, properties: JSONValue, outer: ARMTemplate
  ) -> ARMTemplate {
    let scope = properties.azure("expressionEvaluationOptions")?.azure("scope")?.string?
      .lowercased()
    guard scope == "inner" else { return outer }
    var given: [String: ARMValue] = [:]
    for (name, member) in properties.azure("parameters")?.members ?? [] {
      if let value = member.azure("value") { given[name.lowercased()] = outer.evaluate(value) }
    }
    return ARMTemplate(template: inner, given: given)
  }

  private mutating func collectFirewall(_ item: Item) {
    firewallName = firewallName ?? item.label
    // "A firewall may carry empty classic arrays and a reference to a policy": the policy decides.
    let properties = item.properties
    let refersToPolicy = properties.azure("firewallPolicy")?.azure("id") != nil
    let hasRules = ["networkRuleCollections", "applicationRuleCollections"].contains {
      !(properties.azure($0)?.elements.map { $0 } ?? []).isEmpty
    }
    if !refersToPolicy || hasRules { classics.append(item) }
  }

  /// `RuleCollection` is what PowerShell prints.
  private static func isGroup(_ properties: JSONValue) -> Bool {
    if properties.azure("ruleCollections") != nil || properties.azure("ruleCollection") != nil {
      return true
    }
    return properties.azure("copy")?.elements.contains {
      $0.azure("name")?.string?.lowercased() == "rulecollections"
    } ?? false
  }

  private static func isSecurityGroup(_ properties: JSONValue) -> Bool {
    for name in ["securityRules", "defaultSecurityRules"] {
      if let list = properties.azure(name), list.isArray { return true }
    }
    return false
  }

  private static func isIPGroup(_ value: JSONValue) -> Bool {
    value.azure("id")?.string?.lowercased().contains("/ipgroups/") ?? false
  }

  private static func looksLikePolicy(_ properties: JSONValue, type: String) -> Bool {
    guard type.isEmpty || type.hasSuffix("/firewallpolicies") else { return false }
    return properties.azure("threatIntelMode") != nil
      && (properties.azure("ruleCollectionGroups") != nil || properties.azure("basePolicy") != nil
        || properties.azure("sku") != nil)
  }
}
