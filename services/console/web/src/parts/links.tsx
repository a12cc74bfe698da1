import {
  Anchor,
  type AnchorProps,
  Button,
  type ButtonProps,
  Menu,
  type MenuItemProps,
  NavLink,
  type NavLinkProps,
} from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { ComponentProps } from 'react'

/** Links to pages of ours, whose addresses and parameters are checked by their types, in the looks that there are. */

type AsLink<Props> = Props & Omit<ComponentProps<'a'>, keyof Props>

export const TextLink = createLink((props: AsLink<AnchorProps>) => <Anchor {...props} />)
export const ButtonLink = createLink((props: AsLink<ButtonProps>) => <Button component="a" {...props} />)
export const MenuLink = createLink((props: AsLink<MenuItemProps>) => <Menu.Item component="a" {...props} />)
export const NavItem = createLink((props: AsLink<NavLinkProps>) => <NavLink component="a" {...props} />)
