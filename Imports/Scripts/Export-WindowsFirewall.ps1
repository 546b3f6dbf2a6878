<#
.SYNOPSIS
  Writes what Windows Firewall has in force on this computer as JSON, for `sallyport check`.

.DESCRIPTION
  Rules of the ActiveStore (local, group policy, Intune and static rules merged), each with its port,
  address, application, service, interface and security filter; the three profiles; and the dynamic
  keyword addresses that rules refer to. Nothing is changed. Run it as administrator.

  The shape of the JSON, version 1; members that are missing or null mean "Any":

    schema    "sallyport.windows-firewall/1"
    computer  name of the computer
    takenAt   time in UTC, ISO 8601
    windows   version of Windows
    store     "ActiveStore"
    profiles[]  Name, Enabled, DefaultInboundAction, DefaultOutboundAction, AllowLocalFirewallRules
    rules[]     InstanceID, DisplayName, Enabled, Direction, Action, Profile, Protocol, LocalPort[],
                RemotePort[], LocalAddress[], RemoteAddress[], RemoteDynamicKeywordAddresses[], Program,
                Package, Service, InterfaceAlias[], InterfaceType, LocalUser, RemoteUser,
                RemoteMachine, Authentication, OverrideBlockRules, PolicyAppId, Owner, Platform[],
                PolicyStoreSourceType, EnforcementStatus[]
    dynamicKeywordAddresses[]  Id, Keyword, AutoResolve, Addresses

  Enumerations are written as words (Outbound, Block, True).

.PARAMETER OutboundOnly
  Leaves out rules for incoming traffic, which Sallyport does not need.

.EXAMPLE
  .\Export-WindowsFirewall.ps1 -OutboundOnly | Out-File firewall.json -Encoding utf8
#>
[CmdletBinding()]
param([switch] $OutboundOnly)

$ErrorActionPreference = 'Stop'
$store = 'ActiveStore'

# One call for each kind of filter, joined by instance id: a call for each rule takes minutes.
function Get-FilterTable([scriptblock] $get) {
  $table = @{}
  foreach ($filter in & $get) { $table[$filter.InstanceID] = $filter }
  $table
}

$ports = Get-FilterTable { Get-NetFirewallPortFilter -PolicyStore $store }
$addresses = Get-FilterTable { Get-NetFirewallAddressFilter -PolicyStore $store }
$applications = Get-FilterTable { Get-NetFirewallApplicationFilter -PolicyStore $store }
$services = Get-FilterTable { Get-NetFirewallServiceFilter -PolicyStore $store }
$interfaces = Get-FilterTable { Get-NetFirewallInterfaceFilter -PolicyStore $store }
$interfaceTypes = Get-FilterTable { Get-NetFirewallInterfaceTypeFilter -PolicyStore $store }
$security = Get-FilterTable { Get-NetFirewallSecurityFilter -PolicyStore $store }

$rules = foreach ($rule in Get-NetFirewallRule -PolicyStore $store) {
  if ($OutboundOnly -and "$($rule.Direction)" -ne 'Outbound') { continue }
  $id = $rule.InstanceID
  [ordered]@{
    InstanceID                    = $id
    DisplayName                   = $rule.DisplayName
    Enabled                       = "$($rule.Enabled)"
    Direction                     = "$($rule.Direction)"
    Action                        = "$($rule.Action)"
    Profile                       = "$($rule.Profile)"
    Protocol                      = "$($ports[$id].Protocol)"
    LocalPort                     = @($ports[$id].LocalPort)
    RemotePort                    = @($ports[$id].RemotePort)
    LocalAddress                  = @($addresses[$id].LocalAddress)
    RemoteAddress                 = @($addresses[$id].RemoteAddress)
    RemoteDynamicKeywordAddresses = @($rule.RemoteDynamicKeywordAddresses | Where-Object { $_ })
    Program                       = $applications[$id].Program
    Package                       = $applications[$id].Package
    Service                       = $services[$id].Service
    InterfaceAlias                = @($interfaces[$id].InterfaceAlias)
    InterfaceType                 = "$($interfaceTypes[$id].InterfaceType)"
    LocalUser                     = $security[$id].LocalUser
    RemoteUser                    = $security[$id].RemoteUser
    RemoteMachine                 = $security[$id].RemoteMachine
    Authentication                = "$($security[$id].Authentication)"
    OverrideBlockRules            = [bool] $security[$id].OverrideBlockRules
    PolicyAppId                   = $rule.PolicyAppId
    Owner                         = $rule.Owner
    Platform                      = @($rule.Platforms | Where-Object { $_ })
    # Where the rule comes from, and whether Windows enforces it: rules of this computer stay listed
    # where a policy forbids them.
    PolicyStoreSourceType         = "$($rule.PolicyStoreSourceType)"
    EnforcementStatus             = @($rule.EnforcementStatus | ForEach-Object { "$_" })
  }
}

# The profiles as they are in force, all stores merged.
$profiles = foreach ($profile in Get-NetFirewallProfile -PolicyStore $store) {
  [ordered]@{
    Name                    = "$($profile.Name)"
    Enabled                 = "$($profile.Enabled)"
    DefaultInboundAction    = "$($profile.DefaultInboundAction)"
    DefaultOutboundAction   = "$($profile.DefaultOutboundAction)"
    AllowLocalFirewallRules = "$($profile.AllowLocalFirewallRules)"
  }
}

$keywords = @()
if (Get-Command Get-NetFirewallDynamicKeywordAddress -ErrorAction SilentlyContinue) {
  $keywords = foreach ($keyword in Get-NetFirewallDynamicKeywordAddress -AllAutoResolve -ErrorAction SilentlyContinue) {
    [ordered]@{ Id = $keyword.Id; Keyword = $keyword.Keyword; AutoResolve = $true; Addresses = $keyword.Addresses }
  }
  $keywords = @($keywords) + @(foreach ($keyword in Get-NetFirewallDynamicKeywordAddress -AllNonAutoResolve -ErrorAction SilentlyContinue) {
    [ordered]@{ Id = $keyword.Id; Keyword = $keyword.Keyword; AutoResolve = $false; Addresses = $keyword.Addresses }
  })
}

[ordered]@{
  schema                  = 'sallyport.windows-firewall/1'
  computer                = $env:COMPUTERNAME
  takenAt                 = (Get-Date).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ')
  windows                 = [Environment]::OSVersion.Version.ToString()
  store                   = $store
  profiles                = @($profiles)
  rules                   = @($rules)
  dynamicKeywordAddresses = @($keywords | Where-Object { $_ })
} | ConvertTo-Json -Depth 6
