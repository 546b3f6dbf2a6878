import ImportKit

/// Members, in lower case, that say nothing about which packets a rule matches.
enum AzureIrrelevant {
  static let names = IrrelevantMembers([
    (
      reason: "names and versions of the object",
      names: ["name", "id", "etag", "type", "resourcegroup", "resourceguid", "kind", "apiversion"]
    ),
    (reason: "words for people", names: ["description", "comments", "displayname"]),
    (reason: "how a template is deployed", names: ["dependson", "metadata"]),
    (
      reason: "read where resources are collected",
      names: ["condition", "copy", "existing", "properties", "resources"]
    ),
  ])

  static let rule = names.union([
    "ruletype": "read by the collection",
    "httpheaderstoinsert": "changes what passes, not whether it passes",
    "protocolstext": "PowerShell prints a list again as text",
    "sourceaddressestext": "PowerShell prints a list again as text",
    "sourceipgroupstext": "PowerShell prints a list again as text",
    "destinationaddressestext": "PowerShell prints a list again as text",
    "destinationipgroupstext": "PowerShell prints a list again as text",
    "destinationportstext": "PowerShell prints a list again as text",
    "destinationfqdnstext": "PowerShell prints a list again as text",
    "targetfqdnstext": "PowerShell prints a list again as text",
    "fqdntagstext": "PowerShell prints a list again as text",
  ])

  static let ipGroup = names.union([
    "location": "where the resource is kept", "tags": "words for people",
    "firewalls": "who refers to the group", "firewallpolicies": "who refers to the group",
    "provisioningstate": "read with what is in force",
  ])

  static let collection = names.union([
    "priority": "read by the group", "action": "read by the collection",
    "rules": "read by the collection", "rulecollectiontype": "read by the collection",
    "provisioningstate": "read with what is in force",
    "actiontext": "PowerShell prints an object again as text",
    "rulestext": "PowerShell prints a list again as text",
  ])

  static let securityRule = names.union([
    "access": "read with the action", "provisioningstate": "read with what is in force",
    "priority": "read for the order",
  ])
}
