/// Why a match cannot be decided from the export, and hence what an auditor has to find out.
package struct Condition: Hashable, Sendable, Comparable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Depends on the application that the firewall recognises in the traffic.
    case application
    /// Depends on the vendor's category of the host.
    case category
    /// Depends on a list whose contents are not in the export.
    case externalList = "external-list"
    /// Depends on an address or name list that the vendor maintains (service tag, FQDN tag, region).
    case vendorTag = "vendor-tag"
    /// Depends on the addresses to which the firewall last resolved a name.
    case resolvedName = "resolved-name"
    /// The rule names addresses only, and the requirement a host name.
    case addressOnly = "address-only"
    /// Depends on the user or device identity that the firewall has mapped to the client.
    case user
    /// Depends on the time of day.
    case schedule
    /// Depends on whether the firewall sees the path of the URL.
    case urlPath = "url-path"
    /// Depends on which interface or zone the traffic uses, which the export does not settle.
    case interfaceBinding = "interface-binding"
    /// The vendor's own documents disagree about what a pattern matches, or leave it open.
    case patternReading = "pattern-reading"
    /// Whether this part is in force is not in the export: a draft, a condition of a template, a
    /// store that another one may override.
    case notInForce = "not-in-force"
    /// A part of the policy is missing from the export where it would stand in the order.
    case missingPart = "missing-part"
    /// Refers to something that the export does not contain.
    case unresolved
    /// Uses a feature that Sallyport does not model.
    case unmodelled
  }

  package var kind: Kind
  /// What exactly is open, for a reader who knows the product.
  package var detail: String

  package init(_ kind: Kind, _ detail: String) {
    self.kind = kind
    self.detail = detail
  }

  package static func < (left: Condition, right: Condition) -> Bool {
    (left.kind.rawValue, left.detail) < (right.kind.rawValue, right.detail)
  }
}
