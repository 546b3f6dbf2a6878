import ImportKit

extension AzureItem {
  /// What must hold for the resource to be in force as it is shown: a condition of its template, or
  /// that its last update did not fail.
  ///
  /// Source: learn.microsoft.com, "Troubleshoot Azure Microsoft.Network failed provisioning state":
  /// a resource in another state than `Succeeded` may not have its latest configuration in effect.
  func inForceDoubts(of what: String, in draft: PolicyDraft) -> [Condition] {
    guard let state = properties.member("provisioningState") ?? member("provisioningState") else {
      return doubts
    }
    if state.text?.lowercased() == "succeeded" { return doubts }
    return doubts + [
      draft.doubt(
        .notInForce,
        "\(what) is in the state `\(state.text ?? "?")`: what is in force may differ from what is "
          + "shown", at: position)
    ]
  }
}
